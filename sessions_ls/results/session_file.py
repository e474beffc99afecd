"""The session file: `notebook.session.toml` beside `notebook.py`.

It is a cache. A bad one costs cached results, never a crash and never silence.
"""

from __future__ import annotations

import os

from sessions_ls.results import disk, media, render
from sessions_ls.results.errors import SessionFileError
from sessions_ls.results.foreign import Foreign, stamp_of
from sessions_ls.results.record import FORMAT, Session
from sessions_ls.results.toml import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from sessions_ls.results.foreign import Stamp
    from sessions_ls.results.record import Record
    from sessions_ls.results.render import Fragment, Limits

__all__ = ["SessionFileError", "SessionWriter", "load", "session_path"]

LARGEST = 256 * 1_048_576
"""Bytes of a session file; a larger one is not read."""


def session_path(notebook: str) -> str:
    """Where the results of a notebook are kept: `notebook.py` -> `notebook.session.toml`."""
    stem = notebook[:-3] if notebook.lower().endswith(".py") else notebook
    return f"{stem}.session.toml"


def load(path: str) -> Session:
    """The results kept at `path`; what could not be had is said in `Session.problems`.

    Never raises for what is or is not there: a missing file is a session without records.
    """
    name = clean(os.path.basename(path))
    try:
        raw, stamp = disk.read(path, LARGEST)
    except FileNotFoundError:
        return Session(foreign=Foreign(_stamp(path)))
    except OSError as error:
        session = Session(foreign=Foreign(_stamp(path)))
        assert session.foreign is not None
        session.foreign.broken = True
        session.problems.append(f"{name} cannot be read: {error.strerror or error}.")
        return session
    from sessions_ls.results import reader

    return reader.read(raw, name, media.folder_of(path), Foreign(stamp))


class SessionWriter:
    """Saves the results of one notebook, again and again. For one thread at a time.

    A record is rendered once and kept as long as sessions hold that very object.
    """

    def __init__(self, path: str, limits: Limits | None = None) -> None:
        """Touches no file. `path` is that of the session file."""
        self.path = path
        self._limits = limits or render.Limits()
        self._folder = media.folder_of(path)
        self._fragments: dict[int, tuple[Record, Mapping[str, object], Fragment]] = {}
        self._foreign: Foreign | None = None
        self._known = b""  # the bytes of the file whose stamp is self._foreign.stamp
        self._tidied = False

    def prepare(self, record: Record) -> None:
        """Render a record that the next `save` will hold, at a moment that costs nobody time."""
        folder = clean(os.path.basename(self._folder))
        fragment = render.cell(record, {}, folder, self._limits)
        self._fragments[id(record)] = (record, {}, fragment)

    def save(self, session: Session) -> bool:
        """Brings the file up to date; whether it had to be written.

        Keys that this version does not know stay. A file that could not be read in full is kept
        as `….bad`. Raises SessionFileError, and then the file is as it was: for whatever the
        system refuses, for a file in a newer format, and for a bond that TOML cannot hold.
        """
        try:
            return self._save(session)
        except OSError as error:
            raise SessionFileError(_sentence(self.path, error)) from error
        except (TypeError, ValueError, RecursionError) as error:
            name = clean(self.path)
            raise SessionFileError(f"Results cannot be saved to {name}: {error}.") from error

    def _save(self, session: Session) -> bool:
        foreign = self._look(session.foreign)
        content, files = self._render(session, foreign)
        if content == self._known and foreign.stamp is not None:
            media.write_missing(self._folder, files)
            return False
        written = media.write_missing(self._folder, files)
        target = os.path.realpath(self.path)
        try:
            aside = f"{target}.bad" if foreign.broken else None
            foreign.stamp = disk.write(target, content, aside)
        except OSError:  # after any other exception the new file may be there already
            media.take_back(self._folder, written)
            raise
        foreign.broken = False
        self._known = content
        self._tidy(os.path.dirname(target), files)
        return True

    def _look(self, loaded: Foreign | None) -> Foreign:
        """What the file holds now that a save must respect."""
        stamp = _stamp(self.path)
        if self._foreign is None or self._foreign.stamp != stamp or stamp is None:
            self._known = b""
            if loaded is not None and loaded.stamp == stamp:
                self._foreign = loaded
            elif stamp is None:
                self._foreign = Foreign()
            else:
                self._foreign = load(self.path).foreign or Foreign()
            if stamp is not None and not self._foreign.broken:
                self._known, self._foreign.stamp = disk.read(self.path, LARGEST)
        newer = self._foreign.newer
        if newer is not None:
            raise SessionFileError(
                f"Results are not saved: {clean(self.path)} was written by a newer version of "
                f"sessions-ls (format {newer}, this version knows {FORMAT}). "
                "Update sessions-ls, or delete the file."
            )
        return self._foreign

    def _render(self, session: Session, foreign: Foreign) -> tuple[bytes, dict[str, bytes]]:
        folder = clean(os.path.basename(self._folder))
        before, now, none = self._fragments, {}, dict[str, object]()
        pieces = [render.head(session, foreign.keys)]
        files: dict[str, bytes] = {}
        for record in session.records:
            unknown = foreign.cells.get(record.id, none) if foreign.cells else none
            kept = before.get(id(record))
            if kept is None or kept[1] != unknown:
                kept = (record, unknown, render.cell(record, unknown, folder, self._limits))
            now[id(record)] = kept
            fragment = kept[2]
            pieces.append(fragment.content)
            if fragment.files:
                files.update(fragment.files)
        pieces.append(render.LAST_LINE.encode())
        self._fragments = now
        return b"".join(pieces), files

    def _tidy(self, folder: str, used: Mapping[str, bytes]) -> None:
        media.remove_unused(self._folder, used)
        if not self._tidied:
            disk.remove(disk.abandoned(folder))
            self._tidied = True


def _stamp(path: str) -> Stamp | None:
    try:
        return stamp_of(os.stat(path))
    except FileNotFoundError:
        return None
    except OSError:
        return (0, 0, 0)  # something is there: reading or writing it will say what is wrong


def _sentence(path: str, error: OSError) -> str:
    import errno

    cause = (error.strerror or str(error)).lower()
    remedy = {
        errno.ENOSPC: "Free some space on the disk",
        errno.EDQUOT: "Free some of your disk quota",
        errno.EFBIG: "Raise the limit on the size of files, or clear large outputs",
        errno.EROFS: "Move the notebook to a place that can be written to",
        errno.EACCES: "Make the file and its folder writable",
        errno.EPERM: "Make the file and its folder writable",
        errno.EISDIR: "Move that folder away",
        errno.ENAMETOOLONG: "Give the notebook a shorter name",
        errno.ELOOP: "Remove the symbolic link that leads to itself",
        errno.ENOENT: "Create its folder again",
        errno.ENOTDIR: "Create its folder again",
    }.get(error.errno or 0, "Move or delete it" if isinstance(error, disk.NotAFile) else "")
    remedy = remedy or "Check the disk"
    where = clean(str(error.filename)) if error.filename else clean(path)
    about = f" ({where})" if where != clean(path) else ""
    return (
        f"Results cannot be saved to {clean(path)}: {cause}{about}. "
        f"{remedy}; until then the results live in memory only."
    )
