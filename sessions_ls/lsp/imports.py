"""Imports that cost less than in the usual way, before anybody else asks for these modules.

Nothing is changed in the modules themselves, and whatever goes wrong here, the usual way follows.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec

PROTOCOL = "lsprotocol.types"


def prepare() -> None:
    """Before there is any other thread."""
    _without("ssl", "asyncio")
    _apart(PROTOCOL)


def _without(left_out: str, name: str) -> None:
    """Import a module as where Python was built without another one, which asyncio can do without.

    To load OpenSSL takes longer than all of asyncio's own modules; we talk on pipes.
    """
    if name in sys.modules or left_out in sys.modules:
        return
    sys.modules[left_out] = None  # type: ignore[assignment] # the documented way to say so
    try:
        import_module(name)
    finally:
        del sys.modules[left_out]


def _apart(name: str) -> None:
    """Import a module of a package, registered when it is complete.

    For the sake of annotations attrs gives every method that it writes all names of the module in
    which its class stands, if it finds that module in `sys.modules`. Of 550 classes these are half
    a million names, a tenth of the start and ten megabytes. The types of these are resolved later.
    """
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception:  # noqa: BLE001 # the usual way says what is wrong, if anything is
        return
    package, _, last = name.rpartition(".")
    sys.modules[name] = module
    setattr(sys.modules[package], last, module)
