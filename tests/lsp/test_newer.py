"""A notebook in newer syntax than the Python of the language server knows."""

from __future__ import annotations

import pytest

from tests.kernel.kernels import newer_python
from tests.lsp.editor import Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """\
# %%
type Pair[T] = tuple[T, T]
def first[T](pair: Pair[T]) -> T:
    return pair[0]
# %%
first((3, 4))
"""


async def test_it_is_read_by_its_own_python_once_that_may_run(editor: Editor) -> None:
    settings = f'[tool.sessions]\npython = "{newer_python()}"\n'
    (editor.folder / "pyproject.toml").write_text(settings, "utf-8")
    buffer = editor.open(TEXT, "newer.py")
    await buffer.shows("syntax-error@2")
    assert (await buffer.run("runAll"))["ok"]
    await buffer.shows("")
    assert (await buffer.status())["cells"][1]["text"] == "3"
    buffer.replace("pair[0]", "pair[1]")
    await buffer.shows("stale-cell@1 stale-cell@5")
    buffer.replace("return pair", "return = pair")
    await buffer.shows("syntax-error@4 blocked-cell@5")
    buffer.replace("return = pair[1]", "return pair[0]")
    await buffer.shows("")
