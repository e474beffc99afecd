"""Where the processes of a notebook meet: the names of its lock, its socket and its log.

They are in one private folder of the person, never beside the notebook, which may be on storage
that other machines share.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b
from stat import S_IMODE, S_ISDIR, S_ISLNK

from sessions_ls.notebook.errors import SessionsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: A socket's path has to be shorter than this many bytes on every system (macOS: 104, Linux: 108).
SOCKET_BYTES = 104
#: A record is far smaller; a larger file is none of ours.
RECORD_BYTES = 65_536

_VARIABLE = "SESSIONS_RUNTIME_DIR"
_INSTEAD = f"or set {_VARIABLE} to a folder that only you can enter"
_DARWIN_USER_TEMP_DIR = 65537  # of confstr: the same for all processes, whatever TMPDIR says


class PlaceError(SessionsError):
    """The runtime folder or a file in it cannot be used; the sentence says what to do."""


class Place:
    """The files by which the processes of one notebook find each other.

    ``notebook`` is the real path of the notebook. ``lock`` says who has it, ``socket`` is where a
    session listens, ``log`` takes what a session process writes. None of them has to exist.
    """

    __slots__ = ("folder", "lock", "log", "notebook", "socket")

    def __init__(self, folder: str, notebook: str) -> None:
        """Raises PlaceError where ``folder`` is too long for a socket and there is no other."""
        key = os.fsencode(os.path.normcase(notebook))
        stem = os.path.join(folder, blake2b(key, digest_size=8).hexdigest())
        self.folder = folder
        self.notebook = notebook
        self.lock = stem + ".lock"
        self.log = stem + ".log"
        self.socket = stem + ".sock"
        if len(os.fsencode(self.socket)) >= SOCKET_BYTES and sys.platform != "win32":
            # Both are in the name: the short folder serves every long one.
            name = blake2b(os.fsencode(folder) + b"\0" + key, digest_size=8).hexdigest()
            short = private_folder(f"/tmp/sessions-ls-{os.geteuid()}")
            self.socket = os.path.join(short, name + ".sock")


def place_of(notebook: str, environ: Mapping[str, str] = os.environ) -> Place:
    """The place of the notebook at the path ``notebook``. Raises PlaceError.

    Two paths of one file have one place. The file does not have to exist.
    """
    return Place(runtime_folder(environ), os.path.realpath(notebook))


def all_places(environ: Mapping[str, str] = os.environ) -> list[Place]:
    """The places whose lock file names a notebook, sorted by it. Raises PlaceError.

    Whether somebody holds the lock is not asked: `lock.holder` knows.
    """
    folder = runtime_folder(environ)
    try:
        names = os.listdir(folder)
    except OSError as error:
        raise PlaceError(_unusable(folder, error)) from error
    places = []
    for name in names:
        path = os.path.join(folder, name)
        if name.endswith(".lock") and (notebook := _notebook_in(path)):
            place = Place(folder, notebook)
            if place.lock == path:  # else it was copied or renamed by hand
                places.append(place)
    return sorted(places, key=lambda place: place.notebook)


def runtime_folder(environ: Mapping[str, str] = os.environ) -> str:
    """The folder of the person's locks and sockets; it is made where it is missing.

    Raises PlaceError where it is not a folder that only this person can enter.
    """
    chosen = environ.get(_VARIABLE)
    if chosen:
        if not os.path.isabs(chosen):
            raise PlaceError(
                f"{_VARIABLE} is {chosen!r}: it has to be an absolute path, "
                "because the processes that meet there have different working folders."
            )
        return private_folder(os.path.normpath(chosen))
    return private_folder(_default(environ))


def _default(environ: Mapping[str, str]) -> str:
    if sys.platform == "win32":
        home = environ.get("LOCALAPPDATA") or os.path.expanduser("~")
        return os.path.join(home, "sessions-ls", "run")
    user = os.geteuid()
    if sys.platform == "darwin":
        temporary = os.confstr(_DARWIN_USER_TEMP_DIR)
        if temporary:
            return os.path.join(temporary, f"sessions-ls-{user}")
    usual = f"/run/user/{user}"
    given = environ.get("XDG_RUNTIME_DIR", "")
    # Sandboxed editors are given a folder below the usual one; terminals beside them are not.
    if given.startswith("/") and not given.startswith(usual + "/") and _is_own(given):
        return os.path.join(given, "sessions-ls")
    if _is_own(usual):
        return os.path.join(usual, "sessions-ls")
    # Not TMPDIR: an agent's sandbox and the editor beside it have different ones.
    return f"/tmp/sessions-ls-{user}"


def _is_own(folder: str) -> bool:
    """Whether it is there, is this user's (after `sudo` it is not) and only theirs to write."""
    try:
        found = os.stat(folder)
    except OSError:  # missing or not to be entered: then it is not theirs
        return False
    return S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def private_folder(folder: str) -> str:
    """``folder`` itself, made with mode 0700 where it is missing.

    Raises PlaceError for a symbolic link, another owner, or a folder that others can enter.
    """
    try:
        try:
            found = os.lstat(folder)
        except FileNotFoundError:
            _make(folder)
            found = os.lstat(folder)
    except OSError as error:
        raise PlaceError(_unusable(folder, error)) from error
    if S_ISLNK(found.st_mode):
        raise PlaceError(f"The runtime folder {folder} is a symbolic link: remove it, {_INSTEAD}.")
    if not S_ISDIR(found.st_mode):
        raise PlaceError(f"The runtime folder {folder} is not a folder: remove it, {_INSTEAD}.")
    if sys.platform == "win32":
        return folder  # what is in the profile is private by its access list
    if found.st_uid != os.geteuid():
        raise PlaceError(
            f"The runtime folder {folder} belongs to another user ({found.st_uid}): "
            f"remove it, {_INSTEAD}."
        )
    if found.st_mode & 0o077:
        raise PlaceError(
            f"The runtime folder {folder} is open to other users (mode {S_IMODE(found.st_mode):o}):"
            f" do `chmod 700 {folder}`, {_INSTEAD}."
        )
    return folder


def _make(folder: str) -> None:
    try:
        os.makedirs(folder, 0o700)
    except FileExistsError:
        return  # another process was faster; what is there is looked at next
    if S_IMODE(os.lstat(folder).st_mode) != 0o700:
        os.chmod(folder, 0o700)  # an umask that forbids the owner to write


def _unusable(path: str, error: OSError) -> str:
    return f"The runtime folder {path} cannot be used ({error.strerror or error}): {_INSTEAD[3:]}."


def read_record(descriptor: int) -> dict[str, object] | None:
    """What the holder of a lock wrote into its file; None where it is not whole. Raises OSError."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    content = os.read(descriptor, RECORD_BYTES)
    if not content.endswith(b"}\n"):
        return None
    import json

    try:
        found: object = json.loads(content)
    except ValueError:  # also bytes that are no text
        return None
    return found if isinstance(found, dict) else None


def _notebook_in(lock: str) -> str | None:
    """The notebook that a lock file names; None for a file that is gone, empty or not ours."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(lock, flags)
    except OSError:
        return None
    try:
        record = read_record(descriptor)
    except OSError:  # a folder of that name
        return None
    finally:
        os.close(descriptor)
    notebook = record.get("notebook") if record else None
    return notebook if isinstance(notebook, str) else None
