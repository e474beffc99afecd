"""Whatever fails during a save, the file is the old one or the new one; nothing is left over."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from sessions_ls.results.record import Output, Record
from sessions_ls.results.session_file import SessionFileError, SessionWriter, load

from .faults import NEW, OLD, save_with_fault
from .sessions import session

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
unix = pytest.mark.skipif(os.name != "posix", reason="Unix calls")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nb.session.toml"


def files(folder: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def restore(folder: Path, wanted: dict[Path, bytes]) -> None:
    for file in files(folder).keys() - wanted.keys():
        file.unlink()
    for file, content in wanted.items():
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 128 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@unix
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("broken", [b"", b"junk"])
def test_every_call_may_fail(path: Path, code: int, broken: bytes) -> None:
    def fail() -> None:
        raise OSError(code, os.strerror(code))

    SessionWriter(str(path)).save(OLD)
    path.write_bytes(path.read_bytes() + broken)
    aside = path.with_name("nb.session.toml.bad")
    before = files(path.parent)
    refused = 0
    for number in count(1):
        restore(path.parent, before)
        try:
            reached = save_with_fault(str(path), number, fail)
        except SessionFileError as error:
            refused += 1
            assert str(path) in str(error) and os.strerror(code).lower() in str(error)
            assert files(path.parent) == before, number
        else:
            assert load(str(path)) == NEW, number
            if not reached:
                break
        SessionWriter(str(path)).save(NEW.replaced(notebook="after.py"))
        # Kept aside as well: a file that could not be read just then.
        assert aside.exists() or not broken
        assert len(files(path.parent)) == 2 + aside.exists(), number
        assert not aside.exists() or aside.read_bytes() == before[path]
    assert refused >= 8


@unix
def test_an_interrupt_at_any_call_leaves_the_old_or_the_new(path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    SessionWriter(str(path)).save(OLD)
    before = files(path.parent)
    for number in count(1):
        restore(path.parent, before)
        try:
            if not save_with_fault(str(path), number, interrupt):
                break
        except KeyboardInterrupt:
            assert load(str(path)) in (OLD, NEW), number
            assert not [file for file in files(path.parent) if file.name.endswith("~")]
    assert number > 15


@unix
def test_a_kill_at_any_call_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "results.faults", str(tmp_path)]
    subprocess.run(command, env=ENVIRONMENT, timeout=60, check=True)
    folders = sorted(tmp_path.iterdir(), key=lambda folder: int(folder.name))
    loaded = [load(str(folder / "nb.session.toml")) for folder in folders]
    first_new = loaded.index(NEW)
    assert loaded == [OLD] * first_new + [NEW] * (len(folders) - first_new)
    assert first_new > 10
    assert any(file.name.endswith("~") for file in files(tmp_path))
    for folder in folders:
        SessionWriter(str(folder / "nb.session.toml")).save(NEW.replaced(notebook="after.py"))
        assert len(files(folder)) == 2, folder


@unix
@pytest.mark.parametrize("limit", [0, 1, 1000, 5000, 5300])
def test_a_limit_on_file_sizes(path: Path, limit: int) -> None:
    SessionWriter(str(path)).save(OLD)
    before = files(path.parent)
    script = """if True:
        import resource, sys
        from results.faults import NEW
        from sessions_ls.results.session_file import SessionFileError, SessionWriter
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
        try:
            SessionWriter(sys.argv[1]).save(NEW)
        except SessionFileError as error:
            print(error)
    """
    command = [sys.executable, "-c", script, str(path), str(limit)]
    said = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert "file too large" in said.stdout and "Raise the limit" in said.stdout, said.stderr
    assert files(path.parent) == before


def test_a_full_disk(small_disk: Path) -> None:
    path = small_disk / "nb.session.toml"
    writer = SessionWriter(str(path))
    writer.save(OLD)
    before = files(small_disk)
    for kilobytes in range(4, 260, 16):
        big = Record("big", text="x" * kilobytes * 500, stdout="y" * kilobytes * 500)
        picture = Record("picture", outputs=[Output("image/png", bytes(kilobytes * 1000))])
        for record in (big, picture):
            try:
                writer.save(session(record))
            except SessionFileError as error:
                assert "no space left on device" in str(error) and "Free some space" in str(error)
                assert files(small_disk) == before
            else:
                assert load(str(path)) == session(record)
                before = files(small_disk)
    assert writer.save(session())
    with pytest.raises(SessionFileError):
        writer.save(session(picture))
    assert writer.save(OLD)
    assert load(str(path)) == OLD


def test_a_read_only_disk(small_disk: Path) -> None:
    path = small_disk / "nb.session.toml"
    SessionWriter(str(path)).save(OLD)
    before = files(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    writer = SessionWriter(str(path))
    with pytest.raises(SessionFileError, match="read-only file system"):
        writer.save(NEW)
    assert files(small_disk) == before
    assert load(str(path)) == OLD
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert writer.save(NEW)


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(path: Path) -> None:
    SessionWriter(str(path)).save(OLD)
    path.parent.chmod(0o555)
    try:
        with pytest.raises(SessionFileError, match="writable"):
            SessionWriter(str(path)).save(NEW)
        assert load(str(path)) == OLD
    finally:
        path.parent.chmod(0o755)


def test_a_folder_that_is_gone_and_one_that_is_in_the_way(path: Path, tmp_path: Path) -> None:
    with pytest.raises(SessionFileError, match="Create its folder"):
        SessionWriter(str(tmp_path / "gone" / "nb.session.toml")).save(session())
    with pytest.raises(SessionFileError, match="shorter name"):
        SessionWriter(str(tmp_path / ("x" * 250 + ".session.toml"))).save(session())
    (tmp_path / "nb.session").write_text("mine")
    writer = SessionWriter(str(path))
    with pytest.raises(SessionFileError, match=re.escape(str(tmp_path / "nb.session"))):
        writer.save(NEW)
    assert [file.name for file in tmp_path.iterdir()] == ["nb.session"]
    assert writer.save(session())
    assert (tmp_path / "nb.session").read_text() == "mine"


@unix
def test_the_mode_of_the_file_is_kept(path: Path) -> None:
    old_mask = os.umask(0o027)
    try:
        writer = SessionWriter(str(path))
        writer.save(OLD)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        writer.save(NEW)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(old_mask)


@unix
def test_a_symbolic_link_stays_and_its_target_is_written(path: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    target = tmp_path / "store" / "results.toml"
    path.symlink_to(target)
    writer = SessionWriter(str(path))
    for what in (OLD, NEW):
        assert writer.save(what)
        assert path.is_symlink()
        assert load(str(target.with_name(target.name))).records
        assert load(str(path)) == what
    assert [file.name for file in target.parent.iterdir()] == ["results.toml"]


@unix
def test_a_media_folder_that_leads_elsewhere_is_not_written(path: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "nb.session").symlink_to("elsewhere")
    with pytest.raises(SessionFileError, match="symbolic link"):
        SessionWriter(str(path)).save(NEW)
    assert not list((tmp_path / "elsewhere").iterdir())


@unix
def test_leftovers_of_the_dead_are_removed_and_those_of_the_living_kept(path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    from sessions_ls.results import disk

    mine = disk._temporary_name()
    host = mine.split("-")[1]
    dead = mine.replace(f"-{os.getpid()}-", f"-{gone.pid}-")
    other = dead.replace(host, "00000000")
    old = other.replace("-00000000-", "-00000001-")
    SessionWriter(str(path)).save(NEW)
    for folder in (path.parent, path.parent / "nb.session"):
        for name in (mine, dead, other, old):
            (folder / name).touch()
        os.utime(folder / old, (time.time() - 100_000,) * 2)
    SessionWriter(str(path)).save(OLD)
    for folder in (path.parent, path.parent / "nb.session"):
        assert {f.name for f in folder.iterdir() if f.name.endswith("~")} == {mine, other}


def test_after_a_failure_the_next_save_succeeds(path: Path) -> None:
    writer = SessionWriter(str(path))
    writer.save(OLD)
    path.unlink()
    path.mkdir()
    with pytest.raises(SessionFileError):
        writer.save(NEW)
    path.rmdir()
    assert writer.save(NEW)
    assert load(str(path)) == NEW
    assert (path.parent / "nb.session").is_dir()
