"""The ways programs save a file, each as a function of the path and the new bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Save = Callable[[Path, bytes], object]


def in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def overwritten(path: Path, data: bytes) -> None:
    """Without emptying the file first."""
    with open(path, "r+b") as file:
        file.write(data)
        file.truncate()


def renamed_over(path: Path, data: bytes) -> None:
    """As most editors and formatters do."""
    other = path.with_name(f".{path.name}.tmp")
    other.write_bytes(data)
    os.replace(other, path)


def moved_in(path: Path, data: bytes) -> None:
    """From another folder."""
    folder = path.parent.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    (folder / "new").write_bytes(data)
    os.replace(folder / "new", path)


def deleted_and_created(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def deleted_and_created_later(path: Path, data: bytes) -> None:
    path.unlink()
    time.sleep(0.4)
    path.write_bytes(data)


def vim(path: Path, data: bytes) -> None:
    """With `backupcopy=no`: the old file becomes the backup."""
    backup = path.with_name(f"{path.name}~")
    path.rename(backup)
    path.write_bytes(data)
    backup.unlink()


def hard_link(path: Path, data: bytes) -> None:
    """A backup that is the same file, then a new one over the name."""
    backup = path.with_name(f"{path.name}.bak")
    os.link(path, backup)
    renamed_over(path, data)
    backup.unlink()


def two_renames(path: Path, data: bytes) -> None:
    renamed_over(path, data + b"# not yet\n")
    time.sleep(0.005)
    renamed_over(path, data)


def half_and_rest(path: Path, data: bytes) -> None:
    """Cut within a line, so that the half is no Python."""
    half = data.rindex(b"(") + 1
    with open(path, "wb", buffering=0) as file:
        file.write(data[:half])
        time.sleep(0.08)
        file.write(data[half:])


def half_that_parses(path: Path, data: bytes) -> None:
    """Cut where the half is Python, but ends in no line end."""
    half = data.rindex(b"(")
    with open(path, "wb", buffering=0) as file:
        file.write(data[:half])
        time.sleep(0.08)
        file.write(data[half:])


def emptied_first(path: Path, data: bytes) -> None:
    with open(path, "wb", buffering=0) as file:
        time.sleep(0.08)
        file.write(data)


def in_pieces(path: Path, data: bytes) -> None:
    """Three bytes at a time, characters cut through the middle."""
    with open(path, "wb", buffering=0) as file:
        for at in range(0, len(data), 3):
            file.write(data[at : at + 3])
            time.sleep(0.002)


def older(path: Path, data: bytes) -> None:
    """The time of the file goes back by a day."""
    then = path.stat().st_mtime_ns - 86_400 * 10**9
    other = path.with_name("other")
    other.write_bytes(data)
    os.utime(other, ns=(then, then))
    os.replace(other, path)


def same_time(path: Path, data: bytes) -> None:
    """The time of the file stays, as `cp --preserve` and a coarse clock make it."""
    then = path.stat().st_mtime_ns
    path.write_bytes(data)
    os.utime(path, ns=(then, then))


def git_checkout(path: Path, data: bytes) -> None:
    git = ["git", "-C", str(path.parent), "-c", "user.name=n", "-c", "user.email=e@e"]
    old = path.read_bytes()
    other = path.parent.parent / "work"
    for arguments in (["init", "-q"], ["add", path.name], ["commit", "-qm", "old"]):
        subprocess.run([*git, *arguments], check=True)
    subprocess.run([*git, "worktree", "add", "-q", "-b", "new", str(other)], check=True)
    (other / path.name).write_bytes(data)
    inside = ["git", "-C", str(other), "-c", "user.name=n", "-c", "user.email=e@e"]
    subprocess.run([*inside, "commit", "-qam", "new"], check=True)
    subprocess.run([*git, "worktree", "remove", str(other)], check=True)
    assert path.read_bytes() == old
    subprocess.run([*git, "checkout", "-q", "new"], check=True)


def folder_moved_and_back(path: Path, data: bytes) -> None:
    folder = path.parent
    other = folder.with_name("moved")
    folder.rename(other)
    time.sleep(0.2)
    (other / path.name).write_bytes(data)
    other.rename(folder)


def folder_removed_and_back(path: Path, data: bytes) -> None:
    shutil.rmtree(path.parent)
    time.sleep(0.2)
    path.parent.mkdir()
    path.write_bytes(data)


def folder_replaced(path: Path, data: bytes) -> None:
    """At once, so that the new folder may well get the number of the old one."""
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    path.write_bytes(data)


def parent_moved_and_back(path: Path, data: bytes) -> None:
    parent = path.parent.parent
    other = parent.with_name(f"{parent.name}-moved")
    parent.rename(other)
    time.sleep(0.2)
    (other / path.parent.name / path.name).write_bytes(data)
    other.rename(parent)


AT_ONCE: dict[str, Save] = {
    "in place": in_place,
    "overwritten": overwritten,
    "renamed over": renamed_over,
    "moved in": moved_in,
    "deleted and created": deleted_and_created,
    "vim": vim,
    "hard link": hard_link,
    "older": older,
    "same time": same_time,
}
SLOWLY: dict[str, Save] = {
    "two renames": two_renames,
    "deleted and created later": deleted_and_created_later,
    "half and rest": half_and_rest,
    "half that parses": half_that_parses,
    "emptied first": emptied_first,
    "in pieces": in_pieces,
    "git checkout": git_checkout,
    "folder replaced": folder_replaced,
    "parent moved and back": parent_moved_and_back,
}
# What nothing tells of: the folder is no longer watched when it comes back.
UNTOLD: dict[str, Save] = {
    "folder moved and back": folder_moved_and_back,
    "folder removed and back": folder_removed_and_back,
}


def texts() -> Iterator[bytes]:
    """New notebooks without end, all of one length."""
    for number in range(10_000, 100_000):
        yield b"# %%%%\nx = %d\n\n# %%%% \xc3\xa4\nprint(x, '\xe2\x82\xac')\n" % number
