"""What running a cell teaches: the versions it made, and what it changed unseen by its text."""

from __future__ import annotations

import sys
from _blake2 import blake2b
from time import perf_counter

from . import randomness
from .fingerprint import Probe
from .fingerprint_modules import derives, type_module, type_mro, type_name
from .marks import MUTABLE, OPAQUE, SHAPE
from .namespace import MISSING
from .versions import Version, share, shared_places

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, List, Optional, Set, Tuple

    from .engine import Engine
    from .versions import Run

SECONDS = 0.002  # spent after each cell on looking at values it had no visible way to reach
SHARE = 0.05  # or this share of the time the cell itself took


class Learner:
    """Looks at a notebook's values before and after each cell runs.

    ``_watched`` holds the mutable versions that were unchanged when last seen, by cell and name,
    and ``_holders`` for each token of an object the versions that hold it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watched: Dict[Tuple[str, str], Version] = {}
        self._holders: Dict[str, Set[Tuple[str, str]]] = {}
        self._size = 0
        self._bound = 0
        self._started = 0.0

    def forget(self, runs: Dict[str, Run]) -> None:
        """Let go of versions that no run in ``runs`` holds."""
        self._watched = {
            key: version
            for key, version in self._watched.items()
            if key[0] in runs and (runs[key[0]].versions or {}).get(key[1]) is version
        }
        self._engine.watch.forget([version.value for version in self._watched.values()])
        self._holders = {}
        for ident, run in runs.items():
            self._hold(ident, run)

    def replace(self, ident: str, old: Optional[Run], run: Run) -> None:
        """A cell has a new run: what its last one made is gone, or is made anew."""
        for name, tokens in (old.objects if old is not None else {}).items():
            for token in tokens.split():
                self._holders.get(token, set()).discard((ident, name))
        self._hold(ident, run)

    def _hold(self, ident: str, run: Run) -> None:
        for name, tokens in run.objects.items():
            for token in tokens.split():
                self._holders.setdefault(token, set()).add((ident, name))

    def before(self, position: int, inputs: Dict[str, Optional[Version]]) -> None:
        """Remember how things stand; put the random generators where the file has them here."""
        engine = self._engine
        names = engine.space.names
        self._size = len(names)
        self._bound = sum(1 for name in engine.plan.cells[position].binds if name in names)
        generators = engine.generators
        generators.notice()
        for hidden in generators.loaded():
            version = inputs.get(hidden)
            maker = -1
            if version is None:
                maker = engine.plan.before(hidden, position)
                version = engine.version(maker, hidden) if maker >= 0 else None
            if version is not None:
                generators.put(hidden, version.value)
            elif maker < 0:
                generators.put(hidden, generators.initial[hidden])
        generators.turn(engine.plan.cells[position].source)
        self._started = perf_counter()

    def after(
        self, position: int, inputs: Dict[str, Optional[Version]], run: Run, plain: bool
    ) -> bool:
        """Fill ``run`` with what the cell did; True when the program must be resolved again.

        What a ``plain`` cell was not given it cannot have changed.
        """
        engine = self._engine
        cell = engine.plan.cells[position]
        took = perf_counter() - self._started
        engine.watch.tick += 1
        changed = self._changed_inputs(position, inputs)
        learnt = set(changed)
        if run.state == "interrupted":
            return False
        learnt |= self._rebound(position, inputs)
        if (self._watched or cell.amends) and not plain:
            learnt |= self._changed_aliases(position, inputs, changed, run, took)
        appears = self._appeared(position)
        if appears:
            run.appears |= appears
        moved = engine.generators.read()
        if run.state == "ok" and engine.generators.loaded():
            learnt |= moved.keys()
            self._record_states(position, learnt.union(cell.amends), inputs, run)
        if learnt:
            run.amends |= learnt
        if run.state == "ok":
            self._make_versions(position, inputs, run)
        if appears and appears - cell.changes:
            return True
        fresh = frozenset(learnt - cell.changes) if learnt else frozenset()
        return bool(fresh) and not engine.plan.learn(position, fresh)

    # -- what changed ----------------------------------------------------------------------------

    def _changed_inputs(
        self, position: int, inputs: Dict[str, Optional[Version]]
    ) -> Dict[str, Tuple[Version, Probe]]:
        """The values the cell was given that it changed in place, as they are now."""
        watch = self._engine.watch
        cell = self._engine.plan.cells[position]
        changed: Dict[str, Tuple[Version, Probe]] = {}
        for name, version in inputs.items():
            if version is None or not (version.mutable or _takes_attributes(version.value)):
                continue
            poked = not version.exact and (
                (name in cell.pokes and not _is_definition(version.value))
                or name in cell.amends
                or version.moves
                or _is_artist(version.value)
            )
            if poked:
                watch.touch(version.value)
            probe = watch.look(version.value)
            if poked or probe.digest != version.digest:
                version.mutable = version.spoiled = True
                changed[name] = (version, probe)
            else:
                version.checked = watch.tick
        return changed

    def _rebound(self, position: int, inputs: Dict[str, Optional[Version]]) -> Set[str]:
        """Names it was given and bound to something else: a function's ``global``, or exec."""
        names = self._engine.space.names
        binds = self._engine.plan.cells[position].binds
        return {
            name
            for name, version in inputs.items()
            if name not in binds
            and name[0] != "@"
            and names.get(name, MISSING) is not (MISSING if version is None else version.value)
        }

    def _changed_aliases(
        self,
        position: int,
        inputs: Dict[str, Optional[Version]],
        changed: Dict[str, Tuple[Version, Probe]],
        run: Run,
        took: float,
    ) -> Set[str]:
        """Names the cell did not read whose value it changed all the same."""
        learnt: Set[str] = set()
        cell = self._engine.plan.cells[position]
        near = self._sharing_with(position, changed.keys() | (cell.amends & cell.needs.keys()))
        for ident, name in near:
            if name in inputs:
                # If it changed, then now: nobody may take it for intact later.
                older = self._watched.get((ident, name))
                if older is not None:
                    self._engine.watch.unchanged(older)
                if ident == self._engine.ident_before(name, position):
                    learnt.add(name)
            elif self._changed_alias(position, ident, name, changed, run):
                learnt.add(name)
        return learnt | self._changed_elsewhere(position, inputs, near, took)

    def _sharing_with(self, position: int, amended: Set[str]) -> Set[Tuple[str, str]]:
        """The versions, by cell and name, that share an object with one that the cell amends."""
        engine = self._engine
        needs = engine.plan.cells[position].needs
        found: Set[Tuple[str, str]] = set()
        for name in amended:
            maker = engine.run_at(needs[name])
            for token in maker.objects.get(name, "").split() if maker is not None else ():
                found |= self._holders.get(token, set())
        return found

    def _changed_alias(
        self,
        position: int,
        ident: str,
        name: str,
        changed: Dict[str, Tuple[Version, Probe]],
        run: Run,
    ) -> bool:
        """Whether this version, which shares an object with a changed value, is the one in view.

        Then the cell counts as amending it, whether or not the change shows in it this time.
        """
        engine = self._engine
        maker = engine.plan.before(name, position)
        current = maker >= 0 and engine.plan.cells[maker].ident == ident
        version = self._watched.get((ident, name))
        seen = version is not None and not version.spoiled
        if version is not None and seen and current:
            seen = engine.warmth.pristine(maker, version)
        if version is not None and seen:
            same = any(old.value is version.value for old, _ in changed.values())
            if same or not engine.watch.unchanged(version):
                version.spoiled = True
        if not current:
            return False
        if version is not None and seen and name not in engine.plan.cells[position].binds:
            # Where it cannot be seen, the cell runs again with it in its place.
            run.reads[name] = version.fingerprint
        return True

    def _changed_elsewhere(
        self,
        position: int,
        inputs: Dict[str, Optional[Version]],
        near: Set[Tuple[str, str]],
        took: float,
    ) -> Set[str]:
        """Values it changed though nothing shows how it reached them, as far as the time goes.

        Whether an earlier cell changed them nobody knows, so the cell runs again with them as
        they were.
        """
        engine = self._engine
        deadline = perf_counter() + max(SECONDS, took * SHARE)
        learnt: Set[str] = set()
        for (ident, name), version in list(self._watched.items()):
            if version.spoiled:
                del self._watched[ident, name]
            elif version.checked != engine.watch.tick and (ident, name) not in near:
                if perf_counter() > deadline:
                    break
                changed = not engine.watch.unchanged(version) and name not in inputs
                if changed and ident == engine.ident_before(name, position):
                    learnt.add(name)
        return learnt

    def _appeared(self, position: int) -> Set[str]:
        """Names in the namespace that neither its text nor an earlier cell put there."""
        space = self._engine.space
        cell = self._engine.plan.cells[position]
        bound = sum(1 for name in cell.binds if name in space.names)
        if not cell.dynamic and len(space.names) - self._size == bound - self._bound:
            return set()
        found = {
            name
            for name, value in list(space.names.items())
            if name not in space.own
            and not (name[:2] == "__" and name[-2:] == "__")  # Python's own, as __warningregistry__
            and name not in cell.binds
            and name not in cell.needs
            and value is not space.expected(name, position)
        }
        space.adopt(found)
        return found

    def closed(self, position: int) -> bool:
        """Whether every name that shares an object with one it amends is known to be amended."""
        engine = self._engine
        cell = engine.plan.cells[position]
        for name in cell.amends & cell.needs.keys():
            maker = engine.run_at(cell.needs[name])
            for token in maker.objects.get(name, "").split() if maker is not None else ():
                for ident, other in self._holders.get(token, ()):
                    if other not in cell.changes and ident == engine.ident_before(other, position):
                        return False
        return True

    # -- what it made ----------------------------------------------------------------------------

    def _record_states(
        self, position: int, amends: Set[str], inputs: Dict[str, Optional[Version]], run: Run
    ) -> None:
        """Versions of the random generators, for a cell that moves them."""
        engine = self._engine
        for hidden, state in engine.generators.loaded().items():
            if hidden not in amends:
                continue
            probe = Probe(randomness.fingerprint(state), True, False, ())
            version = Version(state, probe, probe.digest, engine.watch.tick)
            if run.versions is None:
                run.versions = {}
            run.versions[hidden] = version
            run.binds[hidden] = version.fingerprint
            earlier = engine.plan.before(hidden, position)
            if hidden not in inputs and earlier >= 0 and engine.version(earlier, hidden):
                run.reads[hidden] = engine.fingerprint(earlier, hidden)

    def _make_versions(self, position: int, inputs: Dict[str, Optional[Version]], run: Run) -> None:
        engine = self._engine
        cell = engine.plan.cells[position]
        names = engine.space.names
        made = run.versions if run.versions is not None else {}
        producer = ""
        changes = cell.binds
        if cell.amends or run.amends or run.appears:
            changes = changes | cell.amends | run.amends | run.appears
        for name in changes:
            if name[0] == "@" or name not in names:
                continue
            value = names[name]
            probe = engine.watch.look(value)
            if not probe.exact:
                producer = producer or _producer(cell.code, run)
                stands = OPAQUE + _hash(producer + "\0" + name)
            else:
                stands = MUTABLE + probe.digest if probe.mutable else probe.digest
            version = Version(value, probe, stands, engine.watch.tick)
            if version.mutable:
                self._watched[cell.ident, name] = version
            if version.mutable or derives(type(value), type):
                version.aliases = {
                    read: given.value
                    for read, given in inputs.items()
                    if given is not None and _lives_in(given, version)
                }
            made[name] = version
            run.binds[name] = stands
        run.versions = made
        run.objects = self._objects(position, made)

    def _objects(self, position: int, made: Dict[str, Version]) -> Dict[str, str]:
        """For each mutable value that the cell made, tokens of the objects in it.

        Objects that came in keep their tokens; a new one is named after the cell and the name.
        """
        engine = self._engine
        cell = engine.plan.cells[position]
        mutable = sorted((name, version) for name, version in made.items() if version.mutable)
        if not mutable:
            return {}
        found: Dict[str, Set[str]] = {}
        for name, version in mutable:
            tokens: Set[str] = set()
            given = False
            for read in version.aliases:
                maker = engine.run_at(cell.needs[read])
                tokens.update(maker.objects.get(read, "").split() if maker is not None else ())
                given = given or version.aliases[read] is version.value
            if not given:
                tokens.add(cell.ident.replace(" ", "_") + "." + name)
            found[name] = tokens
        for name, version in mutable:
            for other, sibling in mutable:
                if other < name and share(sibling, version):
                    both = found[name] | found[other]
                    found[name] = found[other] = both
        objects = {name: " ".join(sorted(tokens)) for name, tokens in found.items()}
        for number, (name, version) in enumerate(mutable):
            shape = self._shape(position, version, mutable[:number])
            if shape:
                objects[SHAPE + name] = shape
        return objects

    def _shape(self, position: int, version: Version, siblings: List[Tuple[str, Version]]) -> str:
        """Where in a value the objects are that it shares with what the cell read, or made besides.

        "" where it shares none. What is the very value that was read, as it was, has its shape.
        """
        engine = self._engine
        needs = engine.plan.cells[position].needs
        shapes: Set[str] = set()
        places: List[str] = []
        for read in sorted(version.aliases):
            given = engine.version(needs[read], read)
            maker = engine.run_at(needs[read])
            shape = "" if maker is None else maker.objects.get(SHAPE + read, "")
            if given is None or not given.mutable:
                continue
            if given.value is version.value and given.parts == version.parts:
                shapes.add(shape)
            else:
                places.append("%s %s %s" % (read, shape, shared_places(given, version)))
        for other, sibling in siblings:
            if share(sibling, version):
                places.append("%s %s" % (other, shared_places(sibling, version)))
        if places:
            return _hash("\0".join([*sorted(shapes), *places]))
        return " ".join(sorted(shapes))


def _lives_in(given: Version, version: Version) -> bool:
    """Whether a value may hold the very object that was read, or a class of the notebook's own.

    When that is made anew the value belongs to the old one, and `is` or `isinstance` tell.
    """
    value: Any = given.value
    if derives(type(value), type):
        return bool(type_module(value) == "__main__")
    return given.mutable and share(given, version)


def _is_definition(value: object) -> bool:
    """Modules, classes and functions: a call on them is not taken to change them."""
    return derives(type(value), type) or type(value) in (
        type(sys),
        type(_hash),
        type(len),
    )


def _takes_attributes(value: object) -> bool:
    """Classes and functions seldom change, so they share no objects; but a cell may change one."""
    return derives(type(value), type) or type(value) is type(_hash)


def _is_artist(value: object) -> bool:
    """Pictures are there to be drawn on."""
    kind = type(value)
    if (
        type_name(kind) == "ndarray"
        and type_module(kind) == "numpy"
        and getattr(value, "dtype", None) == "O"
    ):
        axes: Any = value
        kind = type(next(iter(axes.ravel()), None))
    return any(type_module(base) == "matplotlib.artist" for base in type_mro(kind))


def _producer(code: str, run: Run) -> str:
    reads = "\0".join("%s=%s" % item for item in sorted(run.reads.items()))
    return "%s\0%d\0%s" % (code, run.count, reads)


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
