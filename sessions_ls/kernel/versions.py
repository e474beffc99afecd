"""Versions: the value that one cell's run gave to a name, and whether it still is that value."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Dict, List, Optional, Set, Tuple

    from .fingerprint import Probe


class Version:
    """A value as one run left it.

    ``fingerprint`` stands for the value in keys; ``digest`` is its content when it was last
    looked at, comparable within this process only unless ``exact``. ``checked`` is the tick at
    which the content was last known to be unchanged. ``aliases`` are the mutable objects that
    the run read and that this value shares something with, by the name they were read under.
    """

    __slots__ = (
        "aliases", "checked", "digest", "exact", "fingerprint", "moves", "mutable", "parts",
        "spoiled", "value",
    )  # fmt: skip

    def __init__(self, value: object, probe: Probe, fingerprint: str, tick: int) -> None:
        self.value = value
        self.fingerprint = fingerprint
        self.digest = probe.digest
        self.exact = probe.exact
        self.mutable = probe.mutable
        self.moves = probe.moves
        self.parts: Optional[Tuple[int, ...]] = probe.parts
        self.checked = tick
        self.spoiled = False
        self.aliases: Dict[str, object] = {}


class Run:
    """The last run of a cell, in this kernel or, without ``versions``, in an earlier one.

    ``reads`` holds the fingerprint of every name it needed, ``binds`` of every name it bound or
    amended, ``objects`` the tokens of the objects in each that can be changed. ``count`` grows
    when the cell runs again on request or is volatile.
    """

    __slots__ = (
        "amends",
        "appears",
        "binds",
        "code",
        "count",
        "files",
        "objects",
        "reads",
        "state",
        "versions",
    )

    def __init__(
        self,
        code: str,
        state: str,
        reads: Dict[str, str],
        binds: Dict[str, str],
        count: int,
        amends: Set[str],
        appears: Set[str],
    ) -> None:
        self.code = code
        self.state = state
        self.reads = reads
        self.binds = binds
        self.count = count
        self.amends = amends
        self.appears = appears
        self.objects: Dict[str, str] = {}
        self.files: Dict[str, str] = {}
        self.versions: Optional[Dict[str, Version]] = None


def share(one: Version, other: Version) -> bool:
    """Whether two mutable values may hold an object in common.

    What an opaque value holds nobody knows. It is taken to hang together with other opaque values
    (a figure and its axes), but not with values whose content is known.
    """
    if one.value is other.value:
        return True
    if one.parts is None or other.parts is None:
        return (
            one.exact == other.exact
            or (one.exact and one.parts is None)
            or (other.exact and other.parts is None)
        )
    few, many = sorted((one.parts, other.parts), key=len)
    return not set(many).isdisjoint(few)


def shared_places(one: Version, other: Version) -> str:
    """Where the objects that two values have in common are in each, as far as that is known."""
    if one.parts is None or other.parts is None:
        return "?" if one.value is other.value else ""
    places = {part: place for place, part in enumerate(one.parts)}
    found = [(place, places[part]) for place, part in enumerate(other.parts) if part in places]
    return " ".join("%d-%d" % pair for pair in found)


class Watch:
    """Looks at values again, to learn whether a cell changed them in place.

    Opaque objects have no content to compare; each gets a tag that changes when a cell is
    taken to have amended it. The objects are kept alive so that no id is used twice.
    """

    def __init__(self, probe: Callable[[object, Callable[[object], str]], Probe]) -> None:
        self.tick = 0
        self._probe = probe
        self._tags: Dict[int, Tuple[object, int]] = {}

    def look(self, value: object) -> Probe:
        """Probe a value as it is now."""
        return self._probe(value, self._tag)

    def touch(self, value: object) -> None:
        """Take an opaque object to have changed."""
        _, count = self._tags.get(id(value), (value, 0))
        self._tags[id(value)] = (value, count + 1)

    def unchanged(self, version: Version) -> bool:
        """Whether the object still has the content its run left; looks only where it must."""
        if not version.mutable:
            return True
        if version.spoiled:
            return False
        if version.checked != self.tick:
            if self.look(version.value).digest != version.digest:
                version.spoiled = True
                return False
            version.checked = self.tick
        return True

    def forget(self, alive: List[object]) -> None:
        """Drop the tags of objects that no version holds any more."""
        kept = {id(value) for value in alive}
        self._tags = {key: tag for key, tag in self._tags.items() if key in kept}

    def _tag(self, value: object) -> str:
        tag = self._tags.get(id(value))
        return "%d.%d" % (id(value), tag[1] if tag else 0)
