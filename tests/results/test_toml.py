"""Every text, key and value comes back from a full TOML parser as it went in."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sessions_ls.results import canonical, toml

nasty = st.text(
    st.one_of(
        st.sampled_from("'\"\\\n\r\t\x00\x1b\x7f[]{}#=, aé\u2028\U0001f600\ufeff\x85"),
        st.characters(codec="utf-8"),
    )
)
words = st.sampled_from(["'''", '"""', "\n[[cells]]\n", "[[cells]]", "\r\n", "'", "\\", "\x1b[31m"])
texts = st.one_of(nasty, st.lists(st.one_of(words, nasty)).map("".join))
json_values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(texts, inner)),
    max_leaves=8,
)


@given(texts)
def test_any_text_comes_back(text: str) -> None:
    line = f"x = {toml.string(text)}\n"
    assert tomllib.loads(line) == {"x": text}
    assert canonical.parse(line) in ({"x": text}, None)
    assert "\n[[cells]]" not in line


@given(texts, json_values)
def test_any_key_and_value_comes_back(key: str, value: object) -> None:
    line = f"{toml.key(key)} = {toml.value(value)}\n"
    assert tomllib.loads(line) == {key: value}
    assert "\n" not in line[:-1]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", "''"),
        ("plain", "'plain'"),
        ("tab\there, é, \u2028", "'tab\there, é, \u2028'"),
        ("a\nb\n", "'''\na\nb\n'''"),
        ("\nfirst line empty", "'''\n\nfirst line empty'''"),
        ("it's", '"it\'s"'),
        ("it's\nhere", "'''\nit's\nhere'''"),
        ("ends\nwith '", '"""\nends\nwith \'"""'),
        ("\x1b[31mred\x1b[0m\n", '"""\n\\u001b[31mred\\u001b[0m\n"""'),
        ("10%\r20%", '"10%\\r20%"'),
        ("\x7f\x00", '"\\u007f\\u0000"'),
        ("'''\n\\", '"""\n\'\'\'\n\\\\"""'),
        ("a\n[[cells]]\nid", '"a\\n[[cells]]\\nid"'),
        ("[[cells]]\n", '"[[cells]]\\n"'),
        ("\udc80", r"'\udc80'"),
    ],
)
def test_the_form_of_a_text(text: str, form: str) -> None:
    assert toml.string(text) == form


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("x_1", "x_1"),
        ("été", "'été'"),
        ("@random", "'@random'"),
        ("", "''"),
        ("a.b", "'a.b'"),
        ("it's", '"it\'s"'),
        ("two\nlines", '"two\\nlines"'),
    ],
)
def test_the_form_of_a_key(name: str, form: str) -> None:
    assert toml.key(name) == form


def test_what_toml_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        toml.value({"x": {1, 2}})


PIECES = [
    "a = 1\n", "a = -0\n", "a = 1.5e-7\n", "a = 01\n", "a = 1_0\n", "a = inf\n", "b = true\n",
    "b = truely\n", "c = 'x'\n", "c = 'x' # y\n", "c='x'\n", "c = '''x'''\n", "c = '''\nx\ny'''\n",
    "c = '''\nx''''\n", 'd = "x"\n', 'd = "\\/"\n', 'd = "\\ud83d\\ude00"\n', 'd = "\\u00e9\\t"\n',
    'd = """\nx\\n\n"""\n', 'd = """\nx\\\n  y"""\n', 'd = """\nx""""\n', 'd = "\\U0001f600"\n',
    'd = "\\\\ud83d"\n', 'd = "a\tb"\n', "e = { x = 1, y = 'z' }\n", "e = { x = 'a', x = 'b' }\n",
    "e = { x = 'a', y = 'b', }\n", "e = {}\n", "e = { x = 'a' , y = 'b' }\n", "e = {x = 'a'}\n",
    "f = [1, 'a', [2], { 'é' = 3 }]\n", "f = [1,]\n", "f = []\n", "f = [ 1 ]\n", "[t]\n", "[[u]]\n",
    "[t.v]\n", "[[t]]\n", "[f]\n", "[[f]]\n", "[a]\n", "\n", "# note\n", "'' = 1\n", "'k k' = 1\n",
    "x.y = 1\n", "g = 2026-01-01T00:00:00Z\n", "junk\n",
    'd = """\nx"zz\n', "c = 'x", "<<<<<<< HEAD\n", "h = \n",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=5).map("".join))
@example("[[f]]\nf = [1]\n[[f]]\n")
@example("f = [{ x = 1 }]\n[[f]]\n")
@example("[[u]]\n[u]\n")
@example("[t]\n[[t]]\n")
def test_the_quick_parser_agrees_or_declines(text: str) -> None:
    found = canonical.parse(text)
    if found is not None:
        assert found == tomllib.loads(text)


@pytest.mark.parametrize("number", range(len(PIECES)))
def test_each_piece_agrees_or_declines(number: int) -> None:
    test = test_the_quick_parser_agrees_or_declines.hypothesis.inner_test  # type: ignore[attr-defined]
    test(PIECES[number])


@pytest.mark.parametrize("year", [1900, 2000, 2023, 2024])
def test_date_times_are_real_days(year: int) -> None:
    for month in range(14):
        for day in range(33):
            text = f"{year}-{month:02}-{day:02}T10:00:00Z"
            try:
                tomllib.loads(f"ran_at = {text}")
                real = True
            except tomllib.TOMLDecodeError:
                real = False
            assert (toml.date_time(text) == text) is real, text
