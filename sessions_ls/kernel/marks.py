"""What stands in the records of runs: the marks of fingerprints, and which values share objects.

The live session computes the same from stored records; both use this module.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Mapping

UNBOUND = "-"  # the fingerprint of a name that its resolved cell leaves without a value
MUTABLE = "~"  # what the fingerprint of a value that can be changed in place begins with
OPAQUE = "@"  # and of one that stands for the run that produced it; it can be changed, too
CHANGEABLE = MUTABLE + OPAQUE
UNTRUSTED = ""  # an entry of `reads` that no cell needs: the run proves nothing
SHARING = "&"  # the entry of `reads` that says which of the values read share objects
SHAPE = "#"  # before a name in `objects`: where in its value the objects are that others share


def gather(objects: Dict[str, str], name: str, made: Mapping[str, str]) -> None:
    """Take from the objects that a run made what `sharing` has to know of a name."""
    if name in made:
        objects[name] = made[name]
        if SHAPE + name in made:
            objects[SHAPE + name] = made[SHAPE + name]


def sharing(objects: Mapping[str, str]) -> str:
    """Which of these names share an object, and where in them, as one string; "" when none do.

    ``objects`` maps each name to the tokens of the objects in it that can be changed, with
    blanks between.
    """
    if len(objects) < 2:
        return ""
    names = sorted(name for name in objects if name[0] != SHAPE)
    pairs = []
    for place, name in enumerate(names):
        tokens = set(objects[name].split())
        for other in names[place + 1 :]:
            if not tokens.isdisjoint(objects[other].split()):
                pairs.append(name + "=" + other)
                pairs += [objects.get(SHAPE + name, ""), objects.get(SHAPE + other, "")]
    return " ".join(filter(None, pairs))
