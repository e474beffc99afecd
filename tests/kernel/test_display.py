"""MIME bundles: what a value shows as."""

from __future__ import annotations

import base64

import pytest
from kernels import Runner

#: name, text of the cell, the bundle of its last display or result (None: nothing shown)
BUNDLES = [
    ("value", "6 * 7", {"text/plain": "42"}),
    ("None", "None", None),
    ("statement", "x = 1", None),
    ("semicolon", "1;", None),
    ("semicolon, comment", "1 ;  # really", None),
    ("semicolon in a comment", "1  # ;", {"text/plain": "1"}),
    ("semicolon in a string", "';'", {"text/plain": "';'"}),
    ("semicolon after parentheses", "(1\n);", None),
    ("semicolon after a continuation", "1 \\\n;", None),
    ("semicolon beyond ASCII", "'é€😀';", None),
    ("semicolon before", "x = 1; x", {"text/plain": "1"}),
    ("semicolon between", "1; 2", {"text/plain": "2"}),
    ("await", "import asyncio\nawait asyncio.sleep(0, 'x')", {"text/plain": "'x'"}),
    ("html", "class H:\n def _repr_html_(s): return '<b>'\n def __repr__(s): return 'H'\nH()",
     {"text/html": "<b>", "text/plain": "H"}),
    ("html None", "class H:\n def _repr_html_(s): pass\n def __repr__(s): return 'H'\nH()",
     {"text/plain": "H"}),
    ("all", """
        class A:
            def __repr__(s): return 'A'
            def _repr_markdown_(s): return '*m*'
            def _repr_svg_(s): return '<svg/>'
            def _repr_png_(s): return b'png'
            def _repr_jpeg_(s): return b'jpeg', {"width": 1}
            def _repr_latex_(s): return '$x$'
            def _repr_json_(s): return {"a": [1]}
            def _repr_pdf_(s): return b'pdf'
        A()
        """,
     {"text/markdown": "*m*", "image/svg+xml": "<svg/>", "image/png": "cG5n",
      "image/jpeg": "anBlZw==", "text/latex": "$x$", "application/json": '{"a": [1]}',
      "application/pdf": "cGRm", "text/plain": "A"}),
    ("mimebundle", "class M:\n def _repr_mimebundle_(s, include=None, exclude=None):\n"
     "  return {'text/plain': 'p', 'application/x+json': {'a': 1}}, {}\nM()",
     {"text/plain": "p", "application/x+json": '{"a": 1}'}),
    ("mimebundle over methods", "class M:\n def _repr_mimebundle_(s, **k):\n"
     "  return {'text/html': 'bundle'}\n def _repr_html_(s): return 'method'\n"
     " def __repr__(s): return 'M'\nM()", {"text/html": "bundle", "text/plain": "M"}),
    ("class", "class H:\n def _repr_html_(s): return '<b>'\nH",
     {"text/plain": "<class '__main__.H'>"}),
    ("answers everything", "class Any:\n def __getattr__(s, n): return lambda *a, **k: n\n"
     " def __repr__(s): return 'Any'\nAny()", {"text/plain": "Any"}),
    ("getattr raises", "class G:\n def __getattr__(s, n): 1/0\n def __repr__(s): return 'G'\nG()",
     {"text/plain": "G"}),
    ("display", "display('x')", {"text/plain": "'x'"}),
    ("display None", "display(None)", {"text/plain": "None"}),
    ("display raw", "display({'text/html': '<i>'}, raw=True)", {"text/html": "<i>"}),
    ("display include", "class H:\n def _repr_html_(s): return '<b>'\n"
     "display(H(), include=['text/html'])",
     {"text/html": "<b>"}),
    ("shows itself", "class S:\n def _ipython_display_(s): display('inner')\nS()",
     {"text/plain": "'inner'"}),
    ("does not show itself", "class S:\n def _ipython_display_(s): raise NotImplementedError\n"
     " def __repr__(s): return 'S'\nS()", {"text/plain": "S"}),
    ("recursive", "a = [1]; a.append(a); a", {"text/plain": "[1, [...]]"}),
    ("generator", "def g():\n while True: yield\nstr(g())[:10]", {"text/plain": "'<generator'"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "bundle"), [one[1:] for one in BUNDLES], ids=[one[0] for one in BUNDLES]
)
def test_bundle(runner: Runner, source: str, bundle: dict[str, str] | None) -> None:
    answer = runner.run(source)
    assert answer.state == "ok", answer.error
    assert answer.bundles == ([] if bundle is None else [bundle])
    assert answer.stderr == ""


def test_mock(runner: Runner) -> None:
    answer = runner.run("from unittest.mock import MagicMock; MagicMock()")
    assert list(answer.bundles[0]) == ["text/plain"]


def test_binary_is_named(runner: Runner) -> None:
    answer = runner.run(
        "class P:\n def _repr_png_(s): return b'\\x89PNG'\n def _repr_html_(s): return 'h'\nP()"
    )
    [event] = answer.of("result")
    assert event["binary"] == ["image/png"]
    assert base64.b64decode(event["data"]["image/png"]) == b"\x89PNG"


@pytest.mark.parametrize("text", ["x", "é"])
def test_text_that_is_no_picture_is_left_out(runner: Runner, text: str) -> None:
    answer = runner.run(
        f"class P:\n def _repr_png_(s): return {text!r}\n def __repr__(s): return 'P'\nP()"
    )
    assert answer.bundles == [{"text/plain": "P"}]
    assert "image/png cannot be shown" in answer.stderr


def test_limits(runner: Runner) -> None:
    long = runner.run("class L:\n def _repr_html_(s): return 'x' * 9_000_000\nL()")
    assert list(long.bundles[0]) == ["text/plain"]
    assert "text/html of 9.0 MB is too long" in long.stderr
    many = runner.run("for i in range(1000): display(i)\n'last'")
    assert len(many.of("display")) == 200
    assert many.stderr.count("\n") == 1
    assert many.text == "'last'"


def test_interrupting_a_repr_interrupts(runner: Runner) -> None:
    answer = runner.run("class R:\n def __repr__(s): raise KeyboardInterrupt\nR()")
    assert answer.state == "interrupted"
