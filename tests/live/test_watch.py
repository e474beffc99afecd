"""A change on disk is reported once, when it is whole; real files, saved as programs save them."""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from sessions_ls.live.disk import GONE, PACE, SETTLE, Disk, look_at
from sessions_ls.live.followed import AT_LAST
from sessions_ls.live.watch import STOP, Watcher
from tests.live.saves import AT_ONCE, SLOWLY, UNTOLD, Save, renamed_over, texts

QUIET = 0.3  # seconds after which nothing more is expected
SLACK = 20.0  # seconds more than promised that a busy machine may take; less than `LOOK` below
SETTLED = 10.0  # what `SETTLE` is where steps of a save are not to be taken for its end
OLD, NEW, NEWER = (next(texts_) for texts_ in [texts()] for _ in range(3))


class Stepwise(Watcher):
    """A watcher that says how far its thread is."""

    looks = 0
    arranged: frozenset[str] = frozenset()

    def _arrange(self) -> None:
        super()._arrange()
        self.arranged = frozenset(self._followed.paths)

    def _report(self, rest: float) -> float:
        found = super()._report(rest)
        self.looks += 1
        return found


class Seen:
    """A watcher of one notebook, and what it reported."""

    def __init__(self, path: Path) -> None:
        self.disks: list[Disk] = []
        self.times: list[float] = []
        self.files: list[float] = []
        self.log: list[str] = []
        self.fails = False
        self.watcher = Stepwise(str(path), self._changed, self._files, self.log.append)

    def _changed(self, disk: Disk) -> None:
        self.disks.append(disk)
        self.times.append(time.monotonic())
        if self.fails:
            raise ValueError("as asked")

    def _files(self) -> None:
        self.files.append(time.monotonic())

    def wait(self, done: Callable[[], object], seconds: float = SLACK + GONE) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if done():
                return True
            time.sleep(0.005)
        return bool(done())

    def follow(self, *paths: Path) -> None:
        """Follow these files, and wait until it does."""
        self.watcher.follow([os.fspath(path) for path in paths])
        folder = os.path.dirname(self.watcher._path)
        wanted = {os.path.normpath(os.path.join(folder, path)) for path in paths}
        wanted.discard(self.watcher._path)
        assert self.wait(
            lambda: self.watcher.arranged == wanted and not self.watcher._followed.waits
        )

    def wait_for(self, data: bytes) -> bool:
        digest = hashlib.sha256(data).hexdigest()
        return self.wait(lambda: self.disks and self.disks[-1].digest == digest)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A notebook whose last change is long over."""
    folder = tmp_path / "projects" / "näme of folder"
    folder.mkdir(parents=True)
    (folder / "nb.py").write_bytes(OLD)
    return folder / "nb.py"


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """For what the system does not tell of: looks come soon."""
    monkeypatch.setattr("sessions_ls.live.watch.LOOK", 0.4)


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """For saves of several steps: no busy machine lies so long between two of them."""
    monkeypatch.setattr("sessions_ls.live.disk.SETTLE", SETTLED)
    monkeypatch.setattr("sessions_ls.live.notices.STEP", 150)
    monkeypatch.setattr("sessions_ls.live.notices.TOGETHER", 300)


@pytest.fixture
def watched(
    path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Path], Seen]]:
    """Starts watchers, which do without looks at intervals unless the test wants `looks`."""
    watchers = []
    if "looks" not in request.fixturenames:
        monkeypatch.setattr("sessions_ls.live.watch.LOOK", 60.0)

    def watch(at: Path = path) -> Seen:
        seen = Seen(at)
        watchers.append(seen.watcher)
        time.sleep(0.11)  # the file is no longer young
        seen.watcher.start()
        assert seen.wait(lambda: seen.watcher.looks)
        return seen

    yield watch
    for watcher in watchers:
        began = time.monotonic()
        watcher.stop()
        assert time.monotonic() - began < STOP + 3


Watched = Callable[..., Seen]


@pytest.mark.parametrize("save", [*AT_ONCE.values(), *SLOWLY.values()], ids=lambda s: s.__name__)
def test_a_save_is_reported_once(
    path: Path, watched: Watched, save: Save, request: pytest.FixtureRequest
) -> None:
    if save in SLOWLY.values():
        request.getfixturevalue("slowly")
    seen = watched()
    save(path, NEW)
    assert seen.wait_for(NEW)
    time.sleep(2 * QUIET)
    assert [disk.text for disk in seen.disks] == [NEW.decode()]
    renamed_over(path, NEWER)
    assert seen.wait_for(NEWER)
    assert not seen.log


@pytest.mark.parametrize("save", UNTOLD.values(), ids=lambda s: s.__name__)
@pytest.mark.usefixtures("looks")
def test_a_folder_that_comes_back(path: Path, watched: Watched, save: Save) -> None:
    seen = watched()
    save(path, NEW)
    assert seen.wait_for(NEW)
    time.sleep(QUIET)
    renamed_over(path, NEWER)
    assert seen.wait_for(NEWER)
    assert len(seen.disks) == 2
    assert not seen.log


@pytest.mark.parametrize(
    ("data", "text"),
    {
        "CRLF": (b"# %%\r\nx = 2\r\n", "# %%\r\nx = 2\r\n"),
        "BOM": (b"\xef\xbb\xbf# %%\nx = 2\n", "# %%\nx = 2\n"),
        "Latin-1": (b"# coding: latin-1\n# %%\nx = '\xe9'\n", "# coding: latin-1\n# %%\nx = 'é'\n"),
        "no final line end": (b"# %%\nx = 2", "# %%\nx = 2"),
        "await": (b"# %%\nawait x\n", "# %%\nawait x\n"),
        "empty": (b"", ""),
        "first half": (OLD[: len(OLD) // 2], OLD[: len(OLD) // 2].decode()),
        "broken": (b"# %%\nx = (\n", "# %%\nx = (\n"),
        "markers only": (b"# %%\n# %% [markdown]\n", "# %%\n# %% [markdown]\n"),
    }.values(),
)
def test_the_text_is_what_python_would_read(
    path: Path, watched: Watched, data: bytes, text: str
) -> None:
    seen = watched()
    renamed_over(path, data)
    assert seen.wait_for(data)
    assert (seen.disks[-1].text, seen.disks[-1].problem) == (text, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# %%\nx = (\n",
        b"# %%\nx = '''\n# %%\ny = 1\n",
        OLD[:-20],
        OLD[:15],
        OLD + b"def f(",
        b"\xc3",
    ],
)
def test_what_looks_half_written_must_stay(path: Path, watched: Watched, data: bytes) -> None:
    seen = watched()
    began = time.monotonic()
    path.write_bytes(data)
    assert seen.wait_for(data)
    assert SETTLE <= seen.times[-1] - began < SLACK
    assert len(seen.disks) == 1


@pytest.mark.usefixtures("slowly")
def test_a_cell_that_was_broken_before_delays_no_other(path: Path, watched: Watched) -> None:
    broken = b"# %%\nx = (\n# %%\ny = 1\n"
    path.write_bytes(broken)
    seen = watched()
    began = time.monotonic()
    data = broken + b"z = 1\n"
    renamed_over(path, data)
    assert seen.wait_for(data)
    assert seen.times[-1] - began < SETTLED


def test_missing_is_told_late_and_the_return_at_once(path: Path, watched: Watched) -> None:
    seen = watched()
    began = time.monotonic()
    path.unlink()
    assert seen.wait(lambda: seen.disks)
    assert seen.times[0] - began >= GONE
    assert seen.disks[0].missing
    assert seen.disks[0].digest == ""
    path.write_bytes(OLD)
    assert seen.wait_for(OLD)
    assert len(seen.disks) == 2


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("spoil", "words"),
    {
        "folder": (_folder, "is a folder, not a notebook"),
        "pipe": (_pipe, "is no regular file"),
        "loop": (_loop, "cannot be read"),
        "binary": (lambda path: path.write_bytes(b"x\0y"), "holds binary data"),
        "not UTF-8": (lambda path: path.write_bytes(b"x = '\xff'\n"), "0xff on line 1"),
        "unknown": (lambda path: path.write_bytes(b"# coding: nope\n"), "unknown encoding"),
    }.values(),
)
def test_what_cannot_be_read_is_a_sentence(
    path: Path, watched: Watched, spoil: Callable[[Path], object], words: str
) -> None:
    seen = watched()
    spoil(path)
    assert seen.wait(lambda: seen.disks)
    (disk,) = seen.disks
    assert disk.text is None
    assert not disk.missing
    assert disk.problem is not None
    assert words in disk.problem
    assert str(path) in disk.problem
    assert seen.watcher.current().key == disk.key
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.write_bytes(NEW)
    assert seen.wait_for(NEW)


@pytest.mark.parametrize(
    "act",
    {
        "touched": lambda path: os.utime(path, (1, 1)),
        "mode": lambda path: path.chmod(0o600),
        "written again": lambda path: path.write_bytes(OLD),
        "the same renamed over": lambda path: renamed_over(path, OLD),
        "read": lambda path: path.read_bytes(),
        "another file": lambda path: path.with_name("nb.session.toml").write_bytes(NEW),
        "deleted and back": lambda path: (path.unlink(), time.sleep(0.5), path.write_bytes(OLD)),
        "there and back": lambda path: (path.write_bytes(b"("), path.write_bytes(OLD)),
    }.values(),
)
def test_other_bytes_alone_count(
    path: Path, watched: Watched, act: Callable[[Path], object]
) -> None:
    seen = watched()
    act(path)
    time.sleep(QUIET)
    assert not seen.disks
    renamed_over(path, NEW)
    assert seen.wait_for(NEW)
    assert len(seen.disks) == 1


def test_a_formatter_that_follows_a_save(path: Path, watched: Watched) -> None:
    seen = watched()
    path.write_bytes(NEW)
    time.sleep(0.05)
    renamed_over(path, NEWER)
    assert seen.wait_for(NEWER)
    time.sleep(QUIET)
    assert len(seen.disks) <= 2


def test_a_storm_of_saves_is_a_few_reports(path: Path, watched: Watched) -> None:
    seen = watched()
    began = time.monotonic()
    for data, _ in zip(texts(), range(100), strict=False):
        renamed_over(path, data)
        time.sleep(0.009)
    renamed_over(path, b"# %%\nover = 1\n")
    lasted = time.monotonic() - began
    assert seen.wait_for(b"# %%\nover = 1\n")
    assert len(seen.disks) <= 3 + lasted / PACE


def _link_over(link: Path, target: Path) -> None:
    other = link.with_name("new link")
    other.symlink_to(target, target_is_directory=target.is_dir())
    os.replace(other, link)


def _other(path: Path, data: bytes) -> Path:
    """The same name in another folder."""
    folder = path.parent.with_name("other")
    folder.mkdir()
    (folder / path.name).write_bytes(data)
    return folder / path.name


@pytest.mark.parametrize(
    "save",
    {
        "target in place": lambda path, *_: path.write_bytes(NEW),
        "target renamed over": lambda path, *_: renamed_over(path, NEW),
        "link retargeted": lambda path, link, _: _link_over(link, _other(path, NEW)),
        "file over link": lambda path, link, _: renamed_over(link, NEW),
    }.values(),
)
def test_symbolic_links_are_followed(
    tmp_path: Path, path: Path, watched: Watched, save: Callable[[Path, Path, Path], object]
) -> None:
    folder = tmp_path / "folder"
    folder.symlink_to(path.parent, target_is_directory=True)
    links = tmp_path / "links"
    links.mkdir()
    link = links / "first.py"
    (links / "second.py").symlink_to("../folder/nb.py")
    link.symlink_to("second.py")
    seen = watched(link)
    save(path, link, folder)
    assert seen.wait_for(NEW)
    renamed_over(Path(os.path.realpath(link)), NEWER)
    assert seen.wait_for(NEWER)
    assert [disk.text for disk in seen.disks] == [NEW.decode(), NEWER.decode()]


@pytest.mark.usefixtures("looks")
def test_a_link_to_the_folder_is_followed(tmp_path: Path, path: Path, watched: Watched) -> None:
    folder = tmp_path / "folder"
    folder.symlink_to(path.parent, target_is_directory=True)
    seen = watched(folder / path.name)
    other = _other(path, NEW)
    _link_over(folder, other.parent)
    assert seen.wait_for(NEW)
    path.write_bytes(b"nobody sees this\n")
    renamed_over(other, NEWER)
    assert seen.wait_for(NEWER)
    assert len(seen.disks) == 2
    assert not seen.log


@pytest.mark.usefixtures("slowly")
def test_current_counts_as_reported(path: Path, watched: Watched) -> None:
    seen = watched()
    for data in (NEW, b"# %%\nx = (\n", b""):
        renamed_over(path, data)
        disk = seen.watcher.current()
        assert (disk.text, disk.digest) == (data.decode(), hashlib.sha256(data).hexdigest())
        time.sleep(2 * QUIET)
    assert not seen.disks
    path.unlink()
    assert seen.watcher.current().missing


def test_current_before_the_start_is_the_beginning(path: Path) -> None:
    seen = Seen(path)
    assert seen.watcher.current().text == OLD.decode()
    renamed_over(path, NEW)
    seen.watcher.start()
    assert seen.wait_for(NEW)
    seen.watcher.stop()
    renamed_over(path, NEWER)
    time.sleep(QUIET)
    assert len(seen.disks) == 1


def test_nothing_is_reported_twice_in_a_row(path: Path, watched: Watched) -> None:
    seen = watched()
    chance = random.Random(4)
    taken = []
    choices = [OLD, NEW, NEWER, b"(", b""]
    end = time.monotonic() + 2

    def ask() -> None:
        while time.monotonic() < end:
            taken.append(seen.watcher.current())
            time.sleep(chance.random() / 10)

    asking = threading.Thread(target=ask)
    asking.start()
    while time.monotonic() < end:
        chance.choice([*AT_ONCE.values()])(path, chance.choice(choices))
        time.sleep(chance.random() / 10)
    asking.join()
    last = hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen.wait(lambda: max([*seen.disks, *taken], key=lambda d: d.serial).digest == last)
    time.sleep(QUIET)
    reported = {disk.serial for disk in seen.disks}
    known = sorted([*seen.disks, *taken], key=lambda disk: disk.serial)
    for before, after in pairwise(known):
        assert after.serial not in reported or after.key != before.key
    assert reported
    assert known[-1].digest == last


def test_times_are_trusted_once_they_are_past(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sessions_ls.live.disk.YOUNG", 1.0)
    path.write_bytes(NEW)
    disk, signature = look_at(str(path))
    assert (disk.text, signature) == (NEW.decode(), None)
    time.sleep(1.01)
    disk, signature = look_at(str(path))
    assert disk.text == NEW.decode()
    assert signature is not None
    assert signature == look_at(str(path))[1]


def test_a_report_that_fails_is_said_and_the_next_one_comes(path: Path, watched: Watched) -> None:
    seen = watched()
    seen.fails = True
    renamed_over(path, NEW)
    assert seen.wait(lambda: seen.log)
    assert str(path) in seen.log[0]
    assert "as asked" in seen.log[0]
    renamed_over(path, NEWER)
    assert seen.wait_for(NEWER)


# -- the files that cells read -------------------------------------------------------------------


@pytest.mark.parametrize(
    "save", [*AT_ONCE.values(), SLOWLY["half and rest"]], ids=lambda s: s.__name__
)
def test_other_content_of_a_file_is_reported_once(
    path: Path, watched: Watched, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    if save in SLOWLY.values():
        monkeypatch.setattr("sessions_ls.live.followed.SETTLE", 1.0)
    data = path.parent / "data" / "rows.csv"
    data.parent.mkdir()
    data.write_bytes(OLD)
    seen = watched()
    seen.follow(Path("data/rows.csv"), Path("nb.py"))
    save(data, NEW)
    assert seen.wait(lambda: seen.files)
    time.sleep(QUIET)
    assert len(seen.files) == 1
    assert not seen.disks


@pytest.mark.parametrize(
    ("act", "counts"),
    {
        "deleted": (lambda file, _: file.unlink(), 1),
        "created": (lambda _, none: none.write_bytes(b"x"), 1),
        "touched": (lambda file, _: os.utime(file, (1, 1)), 0),
        "the same again": (lambda file, _: file.write_bytes(OLD), 0),
        "deleted and back": (lambda file, _: (file.unlink(), file.write_bytes(OLD)), 0),
        "not followed": (lambda file, _: file.with_name("other").write_bytes(b"x"), 0),
    }.values(),
)
def test_content_and_existence_of_files_count(
    tmp_path: Path,
    path: Path,
    watched: Watched,
    act: Callable[[Path, Path], object],
    counts: int,
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "rows.csv").write_bytes(OLD)
    seen = watched()
    seen.follow(folder / "rows.csv", folder / "none.csv")
    act(folder / "rows.csv", folder / "none.csv")
    assert seen.wait(lambda: len(seen.files) >= counts)
    time.sleep(2 * QUIET)
    assert len(seen.files) == counts


@pytest.mark.usefixtures("looks")
def test_a_file_whose_folder_appears(tmp_path: Path, path: Path, watched: Watched) -> None:
    seen = watched()
    late = tmp_path / "not" / "yet" / "rows.csv"
    seen.watcher.follow([str(late)])
    late.parent.mkdir(parents=True)
    late.write_bytes(OLD)
    assert seen.wait(lambda: seen.files)
    assert not seen.log


def test_a_file_that_grows_all_the_time(tmp_path: Path, path: Path, watched: Watched) -> None:
    seen = watched()
    log = tmp_path / "train.log"
    log.write_bytes(b"")
    seen.follow(log)
    began = time.monotonic()
    with open(log, "ab", buffering=0) as file:
        while time.monotonic() < began + 2.5 or not seen.files:
            file.write(b"loss 0.1\n")
            time.sleep(0.01)
            assert time.monotonic() < began + SLACK
    lasted = time.monotonic() - began
    time.sleep(QUIET)
    assert len(seen.files) <= 2 + lasted / AT_LAST


def test_a_file_no_longer_followed(tmp_path: Path, path: Path, watched: Watched) -> None:
    seen = watched()
    first, second = tmp_path / "first", tmp_path / "second"
    seen.follow(first, second)
    seen.follow(second)
    first.write_bytes(b"x")
    time.sleep(QUIET)
    assert not seen.files
    second.write_bytes(b"x")
    assert seen.wait(lambda: seen.files)


# -- means ---------------------------------------------------------------------------------------


def _resources() -> tuple[int, int]:
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")


@linux
def test_following_others_leaves_nothing_open(tmp_path: Path, path: Path, watched: Watched) -> None:
    seen = watched()
    before = _resources()
    for number in range(100):
        folder = tmp_path / f"data {number}"
        folder.mkdir()
        seen.watcher.follow([str(folder / "rows.csv")])
        time.sleep(0.03)  # most of them are watched before the next is
    assert seen.wait(lambda: _resources() <= before)
    renamed_over(path, NEW)
    (tmp_path / "data 99" / "rows.csv").write_bytes(b"x")
    assert seen.wait_for(NEW)
    assert seen.wait(lambda: seen.files)
    seen.watcher.stop()
    assert seen.wait(lambda: _resources() < before)


def test_an_idle_watcher_rests(path: Path, watched: Watched) -> None:
    watched()
    before = time.process_time()
    time.sleep(2)
    assert time.process_time() - before < 0.1


def _without_notice(path: Path, data: bytes) -> None:
    """Through mapped memory, of which no system tells; all texts are of one length."""
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        memory[:] = data
        memory.flush()


@linux
@pytest.mark.usefixtures("looks")
def test_where_no_notice_comes_it_looks(path: Path, watched: Watched) -> None:
    seen = watched()
    for data in (NEW, NEWER):
        time.sleep(1)  # the bytes before are no longer young
        _without_notice(path, data)
        assert seen.wait_for(data)
    assert seen.wait(lambda: seen.log)
    assert "looking at it often" in seen.log[0]
    for data, _ in zip(texts(), range(4), strict=False):
        began = time.monotonic()
        _without_notice(path, data)
        assert seen.wait_for(data)
        assert seen.times[-1] - began < 0.25 + SLACK
        time.sleep(0.2)
    assert len(seen.log) == 1


LIMITED = """
import resource, sys, time
from pathlib import Path
from sessions_ls.live.watch import STOP, Watcher
path, log, disks = Path(sys.argv[1]), [], []
watcher = Watcher(str(path), disks.append, lambda: None, log.append)
watcher.current()
opened = [open("/dev/null") for _ in range(20)]
resource.setrlimit(resource.RLIMIT_NOFILE, (opened[-1].fileno() + 2,) * 2)
watcher.start()
for number in range(3):
    path.write_bytes(b"# %%\\nx = " + b"1" * (number + 1) + b"\\n")
    while len(disks) <= number:
        time.sleep(0.02)
watcher.stop()
print(len(disks), len(log), *log)
"""


@linux
def test_without_means_to_watch_it_looks(path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 60
    command = [sys.executable, "-c", LIMITED, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("3 1 "), done.stdout + done.stderr
    assert f"{path.parent} is watched by looking at it often" in done.stdout


def test_asyncio_is_not_imported(path: Path) -> None:
    code = (
        "import sys, time; from sessions_ls.live.watch import Watcher\n"
        "watcher = Watcher(sys.argv[1], print, print, print); watcher.start()\n"
        "while 'watchfiles._rust_notify' not in sys.modules: time.sleep(0.01)\n"
        "watcher.stop(); print('watchfiles._rust_notify' in sys.modules, 'asyncio' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["True", "False"], done.stderr
