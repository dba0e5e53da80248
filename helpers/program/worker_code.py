"""Finds in the text of a program which functions run in workers, and which lines start processes."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from helpers.program.code_reader import AT_IMPORT, UNDER_GUARD, Call, Code, Function, Site, read_code
from helpers.program.program_text import Module, dotted_name

POOLS = {"Pool", "ProcessPoolExecutor", "Manager", "SyncManager"}
THREAD_POOLS = {"ThreadPool", "ThreadPoolExecutor"}
TASK_METHODS = {
    "map", "map_async", "imap", "imap_unordered", "starmap", "starmap_async", "apply", "apply_async", "submit",
    "run_in_executor",
}  # fmt: skip
KEYWORDS = ("func", "fn", "function")
OTHER_PROCESSES = ("psutil", "subprocess", "asyncio", "threading", "multiprocessing.dummy", "_thread")


@dataclass(frozen=True)
class Given:
    """A function that is given to workers: what the text says, and the function if it was found."""

    code: Code
    call: Call
    expression: ast.expr
    function: Function | None
    how: str
    """"target", "task" or "initializer"."""


@dataclass
class Program:
    """The modules of a program, and what of them runs in workers."""

    codes: list[Code]
    given: list[Given] = field(default_factory=list)
    workers: dict[tuple[str, str], Function] = field(default_factory=dict)
    """The functions that run in workers, by module and qualified name."""
    at_import: dict[tuple[str, str], Function] = field(default_factory=dict)
    """The functions that run when a module is imported."""
    process_classes: set[str] = field(default_factory=lambda: {"Process"})
    starters: list[tuple[Code, Call]] = field(default_factory=list)
    """Calls that make a process or a pool of processes."""

    def is_late(self, code: Code, site: Site) -> bool:
        """Return whether a value is set, or changed, in the parent process only: in no worker, and at no import."""
        key = code.module.name, site.where
        return site.where != AT_IMPORT and key not in self.workers and key not in self.at_import


def study(modules: Sequence[Module]) -> Program:
    """Return what of a program runs in workers."""
    program = Program([read_code(module) for module in modules])
    _find_process_classes(program)
    for code in program.codes:
        threads = {site.name for site in code.values if _last_name(code, site.value) in THREAD_POOLS}
        for call in code.calls:
            if starts_processes(program, code, call.node):
                program.starters.append((code, call))
            for expression, how in _given_by(program, code, call, threads):
                program.given.append(Given(code, call, expression, resolve(program, code, call.where, expression), how))
    roots = [given.function for given in program.given if given.function is not None]
    for code in program.codes:
        roots += [
            function
            for function in code.functions.values()
            if function.owner in program.process_classes and function.qualname == f"{function.owner}.run"
        ]
    program.workers = closure(program, roots)
    at_import = [
        resolve(program, code, AT_IMPORT, call.node.func)
        for code in program.codes
        for call in code.calls
        if call.where == AT_IMPORT
    ]
    program.at_import = closure(program, [function for function in at_import if function is not None])
    return program


def closure(program: Program, roots: list[Function]) -> dict[tuple[str, str], Function]:
    """Return these functions and those that they call, by module and qualified name."""
    found: dict[tuple[str, str], Function] = {}
    while roots:
        function = roots.pop()
        key = function.module.name, function.qualname
        if key not in found:
            found[key] = function
            roots += _called_by(program, function)
    return found


def _find_process_classes(program: Program) -> None:
    known, size = program.process_classes, 0
    while size != len(known):
        size = len(known)
        for code in program.codes:
            for name, node in code.classes.items():
                if any(_last_name(code, base) in known for base in node.bases):
                    known.add(name)


def _last_name(code: Code, node: ast.AST | None) -> str:
    """Return the last part of the name of what is called or named, unless it starts no process of multiprocessing."""
    if isinstance(node, ast.Call):
        node = node.func
    full = code.module.full_name(node) if node is not None else None
    if full is None:
        return node.attr if isinstance(node, ast.Attribute) else ""
    if full.startswith("multiprocessing.dummy"):
        return "ThreadPool"
    return "" if full.startswith(OTHER_PROCESSES) else full.rpartition(".")[2]


def starts_processes(program: Program, code: Code, call: ast.Call) -> bool:
    """Return whether a call makes a process or a pool of processes."""
    return _last_name(code, call) in POOLS | program.process_classes


def _given_by(program: Program, code: Code, call: Call, threads: set[str]) -> Iterator[tuple[ast.expr, str]]:
    """Yield the functions that a call gives to workers, and how."""
    node, last = call.node, _last_name(code, call.node)
    keywords = {each.arg: each.value for each in node.keywords if each.arg}
    if last in program.process_classes and "target" in keywords:
        yield keywords["target"], "target"
    if last in POOLS:
        if "initializer" in keywords:
            yield keywords["initializer"], "initializer"
        elif last == "Pool" and len(node.args) > 1:
            yield node.args[1], "initializer"
    if last in TASK_METHODS and isinstance(node.func, ast.Attribute):
        receiver = dotted_name(node.func.value)
        if receiver in threads or _last_name(code, node.func.value) in THREAD_POOLS:
            return
        place = 1 if last == "run_in_executor" else 0
        named = [keywords[word] for word in KEYWORDS if word in keywords]
        if named or len(node.args) > place:
            yield (named or node.args[place:])[0], "task"


def resolve(program: Program, code: Code, where: str, node: ast.expr, depth: int = 5) -> Function | None:
    """Return the function that an expression stands for at a place in the program; None if that is not known."""
    if depth == 0:
        return None
    if isinstance(node, ast.Lambda):
        ending = f"<lambda>:{node.lineno}:{node.col_offset}"
        return next((each for name, each in code.functions.items() if name.endswith(ending)), None)
    if isinstance(node, ast.Call):  # functools.partial(function, ...)
        if node.args and _last_name(code, node) in ("partial", "wraps"):
            return resolve(program, code, where, node.args[0], depth - 1)
        return None
    if isinstance(node, ast.Name):
        scope = where
        while scope not in (AT_IMPORT, UNDER_GUARD):
            if (function := code.functions.get(f"{scope}.<locals>.{node.id}")) is not None:
                return function
            scope = code.functions[scope].outer if scope in code.functions else AT_IMPORT
        for site in reversed(code.values):
            here = site.name == node.id and site.where in (where, AT_IMPORT, UNDER_GUARD)
            if here and isinstance(site.value, ast.Lambda | ast.Call | ast.Attribute):
                function = resolve(program, code, site.where, site.value, depth - 1)
                if function is not None:
                    return function
        if node.id in code.functions:
            return code.functions[node.id]
    if isinstance(node, ast.Attribute):
        return _resolve_attribute(program, code, where, node)
    full = code.module.full_name(node)
    return _find_function(program, full) if full else None


def _resolve_attribute(program: Program, code: Code, where: str, node: ast.Attribute) -> Function | None:
    if (function := _method_of_new(program, code, node)) is not None:
        return function
    full = code.module.full_name(node)
    if full and (function := _find_function(program, full)) is not None:
        return function
    if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        owner = code.functions[where].owner if where in code.functions else ""
        return code.functions.get(f"{owner}.{node.attr}")
    root = node.value.id if isinstance(node.value, ast.Name) else ""
    if (function := code.functions.get(f"{root}.{node.attr}")) is not None:
        return function
    methods = [
        function
        for each in program.codes
        for function in each.functions.values()
        if function.owner and function.name == node.attr
    ]
    return methods[0] if len(methods) == 1 else None


def _method_of_new(program: Program, code: Code, node: ast.Attribute) -> Function | None:
    """Return the method that `Class(...).method` names."""
    made = code.module.full_name(node.value.func) if isinstance(node.value, ast.Call) else None
    name = f"{made}.{node.attr}"
    return (code.functions.get(name) or _find_function(program, name)) if made else None


def _find_function(program: Program, full: str) -> Function | None:
    """Return the function with this full name, such as "package.module.function"."""
    for code in program.codes:
        prefix = f"{code.module.name}."
        if full.startswith(prefix) and (function := code.functions.get(full.removeprefix(prefix))) is not None:
            return function
    return None


def _called_by(program: Program, function: Function) -> list[Function]:
    """Return the functions of the program that a function names: those that it calls or passes on."""
    code = next(each for each in program.codes if each.module is function.module)
    found = []
    for name in function.reads:
        if (called := resolve(program, code, function.qualname, ast.Name(name))) is not None:
            found.append(called)
        if name in code.classes:
            found += [each for each in code.functions.values() if each.owner == name and each.name == "__init__"]
    for dotted in function.attributes:
        expression = ast.parse(dotted, mode="eval").body
        if isinstance(expression, ast.Attribute):
            found += filter(None, [_resolve_attribute(program, code, function.qualname, expression)])
    found += filter(None, [_method_of_new(program, code, method) for method in function.made_methods])
    return found + [each for each in code.functions.values() if each.outer == function.qualname]
