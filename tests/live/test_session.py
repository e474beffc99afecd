"""Notebooks end to end, with real kernels: the stories beside this file, and what text cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.sessions import SharedKernel, Told, act


def stories() -> list[tuple[str, str]]:
    text = (Path(__file__).parent / "stories.txt").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n== ")[1:]:
        name, _, story = block.partition("\n")
        found.append((name, story.strip("\n")))
    return found


@pytest.fixture(scope="module")
def shared() -> Iterator[SharedKernel]:
    kernel = SharedKernel()
    yield kernel
    kernel.end()


STORIES = stories()


@pytest.mark.parametrize("story", [s for _, s in STORIES], ids=[name for name, _ in STORIES])
def test_story(story: str, shared: SharedKernel, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "stories"
    folder.mkdir(exist_ok=True)
    told = Told(str(folder / "notebook.py"), shared)
    try:
        for step in story.split("\n--\n"):
            done, _, seen = ("\n" + step).partition("\n=\n")
            lines = done[1:].split("\n")
            notebook = [line for line in lines if not line.startswith("> ")]
            if any(notebook):
                told.submit("\n".join(notebook) + "\n")
            for line in lines:
                if line.startswith("> "):
                    act(told, line[2:])
            if seen:
                assert told.described() == seen.strip("\n"), step
    finally:
        told.close()
