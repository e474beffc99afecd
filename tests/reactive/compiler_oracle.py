"""What the compiler itself says about the names of a module: symbol tables and bytecode.

Symbol tables know every name that the source uses; bytecode leaves out code that cannot run.
So the truth lies between the two, and where they differ the source is first rid of the two things
that only the symbol table counts: bare annotations and annotations of local variables.
"""

from __future__ import annotations

import ast
import dis
import symtable
import sys
import warnings
from types import CodeType

AWAIT = 0x2000
COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr", "genexp"}
LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "DELETE_GLOBAL"}
STORES = {"STORE_NAME", "DELETE_NAME"}
GLOBAL_STORES = {"STORE_GLOBAL", "DELETE_GLOBAL"}
GLOBAL = (symtable.GLOBAL_IMPLICIT, symtable.GLOBAL_EXPLICIT)
# Loaded for every class and for every module with annotations, by no name in the source.
IMPLICIT = {"__name__", "__annotations__", "__module__", "__qualname__", "__classdict__"}


class Found:
    def __init__(self) -> None:
        self.loads: set[str] = set()
        self.deferred: set[str] = set()
        self.binds: set[str] = set()
        self.class_bound: set[str] = set()
        self.class_locals: set[str] = set()  # read in a class that also binds them


def from_symbols(source: str) -> Found:
    found = Found()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _table(symtable.symtable(source, "<cell>", "exec"), True, found)
    return found


def _table(table: symtable.SymbolTable, at_once: bool, found: Found) -> None:
    kind = str(table.get_type()).rpartition(".")[2].lower()
    if kind == "function" and table.get_name() not in COMPREHENSIONS:
        at_once = False
    reads = found.loads if at_once else found.deferred
    for symbol in table.get_symbols():
        name = symbol.get_name()
        binds = symbol.is_assigned() or symbol.is_imported()
        if kind == "module":
            if symbol.is_referenced():
                reads.add(name)
            if binds:
                found.binds.add(name)
            continue
        # `is_global` is wrong in a scope that happens to be called "top", as the module's is.
        scope = symbol._Symbol__scope  # type: ignore[attr-defined]
        if scope in GLOBAL and symbol.is_referenced():
            reads.add(name)
        elif kind == "class" and scope == symtable.LOCAL:
            found.class_bound.add(name)
            if symbol.is_referenced():
                found.class_locals.add(name)
        if symbol.is_declared_global() and binds:
            found.binds.add(name)
    for child in table.get_children():
        _table(child, at_once, found)


def from_bytecode(source: str) -> Found:
    found = Found()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = compile(source, "<cell>", "exec", AWAIT, True, 0)
    _code(code, True, True, found)
    return found


def _code(code: CodeType, module: bool, at_once: bool, found: Found) -> None:
    is_class = not module and not code.co_flags & 1
    if not module and not is_class and code.co_name.strip("<>") not in COMPREHENSIONS:
        at_once = at_once and code.co_name.startswith("<generic parameters of ")
    for instruction in dis.get_instructions(code):
        operation, name = instruction.opname, instruction.argval
        if operation in LOADS:
            (found.loads if at_once else found.deferred).add(name)
        if (module and operation in STORES) or operation in GLOBAL_STORES:
            found.binds.add(name)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _code(constant, False, at_once, found)


class _Strip(ast.NodeTransformer):
    """Leaves out what only the symbol table counts."""

    def __init__(self) -> None:
        self.in_function = False

    def _scope(self, node: ast.AST, in_function: bool) -> ast.AST:
        outside, self.in_function = self.in_function, in_function
        self.generic_visit(node)
        self.in_function = outside
        return node

    def visit_FunctionDef(self, node: ast.AST) -> ast.AST:
        return self._scope(node, True)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.AST) -> ast.AST:
        return self._scope(node, False)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if self.in_function:
            node.annotation = ast.Constant(value=None)
        elif node.value is None and isinstance(node.target, ast.Name):
            return ast.copy_location(ast.Expr(node.annotation), node)
        return node


def stripped(source: str) -> str:
    return ast.unparse(ast.fix_missing_locations(_Strip().visit(ast.parse(source))))


def annotation_names(source: str) -> set[str]:
    """Every name in an annotation, and in a string the compiler would not look into."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        for field in ("annotation", "returns"):
            part = getattr(node, field, None)
            if part is not None:
                found |= {name.id for name in ast.walk(part) if isinstance(name, ast.Name)}
    return found


def disagreements(source: str) -> list[str]:
    """Every way in which the analysis differs from the compiler on a valid module."""
    from sessions_ls.reactive.flow import Flow
    from sessions_ls.reactive.names import analyse

    names = analyse(source)
    if names.error is not None:
        return [f"refused: {names.error}"]
    if names.empty:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        flow = Flow()
        flow.block(ast.parse(source).body)
    loads, deferred, binds = set(flow.loads), set(names.deferred), set(names.binds)
    wrong: list[str] = []
    if not names.reads - loads <= binds:
        wrong.append(f"reads what is neither loaded nor deleted: {names.reads - loads - binds}")
    run = from_bytecode(source)
    for implicit in (run.loads, run.deferred):
        implicit -= IMPLICIT
    if "__doc__" not in binds:
        run.binds.discard("__doc__")  # stored for a docstring
    postponed = "annotations" in names.future
    in_annotations = annotation_names(source) if postponed else set()
    # Names of a class are looked up like those of the module, which they do not concern.
    in_classes = from_symbols(source).class_bound
    wrong += _compare("bytecode", run.loads - loads, in_classes)
    wrong += _compare("bytecode", run.deferred - deferred, in_classes)
    wrong += _compare("bytecode", run.binds - binds, set())
    if sys.version_info >= (3, 12):
        return wrong  # its symbol tables mix comprehensions into their surroundings
    later = in_annotations | run.deferred
    for attempt in (source, None):
        text = attempt if attempt is not None else stripped(source)
        known = from_symbols(text)
        local = known.class_locals
        missed = [
            *_compare("loads", known.loads - loads, set()),
            *_compare("loads, too many", loads - known.loads - local, run.loads),
            *_compare("deferred", known.deferred - deferred, {"__class__"} - run.deferred),
            *_compare("deferred, too many", deferred - known.deferred - local, later),
            *_compare("binds", known.binds ^ binds, set()),
            *_compare("settled", loads - names.reads - binds, known.class_bound),
        ]
        if not missed:
            break
    return wrong + missed


def _compare(what: str, difference: set[str], allowed: set[str]) -> list[str]:
    difference = difference - allowed
    return [f"{what}: {sorted(difference)[:8]}"] if difference else []


def main(folders: list[str]) -> None:
    """Compares over every Python file below the folders."""
    import os
    from multiprocessing import Pool

    paths = [
        os.path.join(root, file)
        for folder in folders
        for root, _, files in os.walk(folder, followlinks=True)
        for file in files
        if file.endswith(".py")
    ]

    with Pool(2) as pool:
        count = bad = skipped = 0
        for path, result in pool.imap_unordered(check_file, sorted(paths), 20):
            if result is None:
                skipped += 1
                continue
            count += 1
            if result:
                bad += 1
                print(path, *result, sep="\n   ", flush=True)
    print(f"{count} files, {bad} with disagreements, {skipped} not valid for this Python")


def check_file(path: str) -> tuple[str, list[str] | None]:
    """The disagreements for one file; None where it is not valid Python for this interpreter."""
    import tokenize

    try:
        with tokenize.open(path) as file:
            source = file.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, path, "exec", AWAIT, True)
    except (SyntaxError, ValueError, RecursionError, UnicodeDecodeError):
        return path, None
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))  # for the oracle's own walks
    return path, disagreements(source)


if __name__ == "__main__":
    main(sys.argv[1:])
