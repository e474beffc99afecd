"""Fingerprints of modules, and of whatever an installed module is known to hold by name."""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b

from .fingerprint_walk import Walk, handles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_STDLIB = os.path.dirname(os.__file__) + os.sep

# How to ask a class about itself past whatever its metaclass defines.
type_dict: Callable[[type], Any] = type.__dict__["__dict__"].__get__
type_mro: Callable[[type], tuple[type, ...]] = type.__dict__["__mro__"].__get__
type_module: Callable[[type], Any] = type.__dict__["__module__"].__get__
type_name: Callable[[type], str] = type.__dict__["__qualname__"].__get__
type_flags: Callable[[type], int] = type.__dict__["__flags__"].__get__
type_bases: Callable[[type], tuple[type, ...]] = type.__dict__["__bases__"].__get__
_is_subtype: Callable[[type, type], bool] = type.__subclasscheck__
HEAP_TYPE = 1 << 9

ModuleType = type(sys)
FunctionType = type(handles)
module_dict: Callable[[object], dict[str, Any]] = type_dict(ModuleType)["__dict__"].__get__


def derives(kind: type, base: type) -> bool:
    """Whether a class has another among its ancestors, whatever metaclasses say of it."""
    return _is_subtype(base, kind)


_installed: dict[tuple[str, str | None], bool] = {}
_sources: dict[str, tuple[int, int, str]] = {}


def module_namespace(name: object) -> dict[str, Any] | None:
    """The namespace of an imported module, without running a module's `__getattr__`."""
    module = sys.modules.get(name) if type(name) is str else None
    if module is None or not derives(type(module), ModuleType):
        return None
    return module_dict(module)


def _file_of(namespace: dict[str, Any]) -> str | None:
    path = namespace.get("__file__")
    return path if type(path) is str else None


def is_installed(name: str) -> bool:
    """Whether a module belongs to the interpreter or to an installed package."""
    if name == "__main__":
        return False
    namespace = module_namespace(name)
    if namespace is None:
        return False
    path = _file_of(namespace)
    key = (name, path)
    known = _installed.get(key)
    if known is None:
        known = _installed[key] = _outside_the_project(name, namespace, path)
    return known


def _outside_the_project(name: str, namespace: dict[str, Any], path: str | None) -> bool:
    if path is None:
        if name in sys.builtin_module_names or "__path__" not in namespace:
            spec = namespace.get("__spec__")
            return name in sys.builtin_module_names or spec is not None
        places = [place for place in namespace["__path__"] if type(place) is str]
        return bool(places) and all(map(_installed_path, places))
    return _installed_path(path)


def _installed_path(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return "site-packages" in parts or "dist-packages" in parts or path.startswith(_STDLIB)


def version_of(name: object) -> str:
    """The `__version__` of the package that a module belongs to, "" where it says none."""
    if type(name) is not str:
        return ""
    namespace = module_namespace(name.partition(".")[0])
    version = namespace.get("__version__") if namespace is not None else None
    return version if type(version) is str else ""


def _source_digest(path: str) -> str:
    """The hash of a source file as it is now, read again only when the file changed."""
    state = os.stat(path)
    known = _sources.get(path)
    if known is None or known[0] != state.st_mtime_ns or known[1] != state.st_size:
        with open(path, "rb") as file:
            content = blake2b(file.read(), digest_size=16).hexdigest()
        known = _sources[path] = (state.st_mtime_ns, state.st_size, content)
    return known[2]


def module(walk: Walk, value: object) -> None:
    """A module by name, and by version if installed or by source if local."""
    if walk.met(value):
        return
    namespace = module_dict(value)
    name = namespace.get("__name__")
    if type(name) is not str or sys.modules.get(name) is not value:
        walk.stands_for(value)
    elif name == "__main__":
        walk.tag(b"main")
    elif is_installed(name):
        walk.tag(b"module", name, version_of(name))
    else:
        _local_module(walk, value, name, namespace)


def _local_module(walk: Walk, value: object, name: str, namespace: dict[str, Any]) -> None:
    """A local module does what its source says and what the local modules it uses say."""
    path = _file_of(namespace)
    try:
        source = _source_digest(path) if path is not None else ""
    except OSError:
        walk.stands_for(value)
        return
    used: dict[str, object] = {}
    for item in list(namespace.values()):
        kind = type(item)
        if derives(kind, ModuleType):
            origin = module_dict(item).get("__name__")
        elif kind is FunctionType:
            origin = item.__globals__.get("__name__")
        elif derives(kind, type):
            origin = type_module(item)
        else:
            continue
        if type(origin) is str and origin != name and not is_installed(origin):
            other = sys.modules.get(origin)
            if other is not None:
                used[origin] = other
    walk.tag(b"local module", name, source, tuple(sorted(used)))
    walk.push([used[origin] for origin in sorted(used)])


handles(ModuleType)(module)


def home_of(origin: object) -> tuple[object, ...]:
    """The local module that something comes from, if it is one: then its source counts."""
    if type(origin) is not str or origin == "__main__" or is_installed(origin):
        return ()
    found = sys.modules.get(origin)
    return () if found is None else (found,)


def by_name(walk: Walk, value: object, origin: object, name: object) -> bool:
    """Write an installed object as its module, name and version, if that is where it is found."""
    if type(origin) is not str or type(name) is not str or not is_installed(origin):
        return False
    found: object = sys.modules[origin]
    namespace: Any = module_namespace(origin)
    for part in name.split("."):
        if namespace is None or part not in namespace:
            return False
        found = namespace[part]
        namespace = type_dict(found) if derives(type(found), type) else None  # type: ignore[arg-type]
    if found is not value:
        return False
    if not walk.met(value):
        walk.tag(b"global", origin, name, version_of(origin))
    return True
