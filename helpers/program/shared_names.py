"""Finds global names that workers read, and that have another value there unless the worker was forked."""

import ast
import builtins
from collections.abc import Iterator

from helpers.program.causes import Cause, place
from helpers.program.code_reader import AT_IMPORT, UNDER_GUARD, Code, Function, Site
from helpers.program.worker_code import Program

PRIMITIVES = {
    "Queue", "JoinableQueue", "SimpleQueue", "Lock", "RLock", "Value", "Array", "RawValue", "RawArray", "Event",
    "Semaphore", "BoundedSemaphore", "Condition", "Barrier", "Pipe", "SharedMemory",
}  # fmt: skip
"""What `multiprocessing` shares between processes, if it is handed on."""

OF_THREADS = ("threading", "queue", "asyncio", "_thread", "multiprocessing.dummy")
NEW_EACH_TIME = ("time.", "random.", "uuid.", "secrets.", "tempfile.", "datetime.", "os.getpid", "os.urandom", "input")
"""What gives another value each time that it is called."""

COPIED_GENERATORS = ("numpy.random.", "np.random.", "random.Random", "torch.")


def names_set_late(program: Program) -> Iterator[Cause]:
    """Yield the global names that the parent sets, or changes, after the import, and that workers read."""
    for function in program.workers.values():
        code = _code_of(program, function)
        for name, line in function.reads.items():
            yield from _set_late(program, code, name, function, line)
        for dotted, line in function.attributes.items():
            yield from _set_late_elsewhere(program, code, dotted, function, line)


def _set_late(program: Program, code: Code, name: str, function: Function, line: int) -> Iterator[Cause]:
    late = [site for site in code.sites if site.name == name and program.is_late(code, site)]
    early = [site for site in code.sites if site.name == name and not site.change and site not in late]
    if hasattr(builtins, name) and not early:
        return
    if not early and not any(site.change for site in code.sites if site.name == name and site not in late):
        for site in (site for site in late if not site.change):
            yield _missing(code, site, function, line)
        return
    for site in late:
        if site.attribute and not _reads_attribute(program, code, name, site.attribute):
            continue
        yield _stale(code, site, early, code, function, line)


def _set_late_elsewhere(
    program: Program, code: Code, dotted: str, function: Function, line: int
) -> Iterator[Cause]:
    """Yield the names of other modules, such as `settings.rate`, and the attributes of classes that are set late."""
    root, _, attribute = dotted.partition(".")
    attribute = attribute.partition(".")[0]
    full = code.module.imports.get(root)
    owner = next((each for each in program.codes if each.module.name == full), None)
    if owner is not None:
        yield from _set_late(program, owner, attribute, function, line)
    if root in ("self", "cls") and function.owner:
        root, full = function.owner, function.owner
    for other in program.codes:
        for site in other.sites:
            same = other is code and site.name == root or full and other.module.imports.get(site.name) == full
            if same and site.attribute == attribute and program.is_late(other, site):
                if root not in function.reads or other is not code:  # names_set_late yields the others
                    yield _stale(other, site, [], code, function, line)


def _reads_attribute(program: Program, code: Code, name: str, attribute: str) -> bool:
    """Return whether workers read an attribute of a global name, or of `self` in a method of that class."""
    for function in program.workers.values():
        roots = {name} | ({"self", "cls"} if function.owner == name else set())
        if any(dotted.split(".")[:2] == [root, attribute] for dotted in function.attributes for root in roots):
            return True
    return name not in code.classes and name not in code.module.imports


def _missing(code: Code, site: Site, function: Function, line: int) -> Cause:
    why = (
        f"`{site.name}` gets its value in {place(code.module.path, site.line)}, {_only_here(site)}. In line {line}, "
        f"{_reader(function)} reads it. A forked worker has a copy of the parent's variables. Any other worker imports "
        f"the program anew, where `{site.name}` does not exist (NameError)."
    )
    return Cause("missing", code.module.path, site.line, why, site.name, weight=4)


def _stale(code: Code, site: Site, early: list[Site], reader: Code, function: Function, line: int) -> Cause:
    name = f"{site.name}.{site.attribute}" if site.attribute else site.name
    verb = "is changed" if site.change else "gets its value"
    old = f"the value of line {early[0].line}" if early else "the value from the import"
    where = f"line {line}" if code is reader else place(reader.module.path, line)
    why = (
        f"`{name}` {verb} in {place(code.module.path, site.line)}, {_only_here(site)}. In {where}, {_reader(function)} "
        f"reads it. A forked worker has a copy of the parent's variables. Any other worker imports the program anew, "
        f"and has {old}."
    )
    plain = not site.change or site.attribute or isinstance(site.value, ast.expr)
    return Cause("stale", code.module.path, site.line, why, name, weight=4 if plain or early else 3)


def _only_here(site: Site) -> str:
    if site.where == UNDER_GUARD:
        return 'under `if __name__ == "__main__"`, which only the parent process runs'
    return f"in `{site.where.rpartition('.')[2]}`, which only the parent process runs"


def _reader(function: Function) -> str:
    return f"`{function.name}`, which runs in workers," if function.name != "a lambda" else "a lambda in the workers"


def names_made_again(program: Program) -> Iterator[Cause]:
    """Yield the global names that each worker makes anew when it imports the program: queues, locks, random values."""
    for function in program.workers.values():
        code = _code_of(program, function)
        for name, line in function.reads.items():
            for site in code.sites:
                early = site.name == name and site.where == AT_IMPORT and not site.change
                if early and (kind := _made_anew(code, site.value)):
                    yield _again(code, site, kind, function, line)


def _made_anew(code: Code, value: ast.expr | None) -> str:
    """Return "handle" for a value that is shared if it is handed on, "again" for one that differs each time, or ""."""
    for node in ast.walk(value) if value is not None else ():
        if isinstance(node, ast.Call) and (full := code.module.full_name(node.func)):
            if full.rpartition(".")[2] in PRIMITIVES and not full.startswith(OF_THREADS):
                return "handle"
            if full.startswith(NEW_EACH_TIME) and not full.startswith(COPIED_GENERATORS):
                return "again"
    return ""


def _again(code: Code, site: Site, kind: str, function: Function, line: int) -> Cause:
    first = f"Line {site.line} of {code.module.path.name} makes `{site.name}` at the import, and in line {line} "
    if kind == "handle":
        rest = (
            f"{_reader(function)} uses it. A forked worker has the same one. Any other worker imports the program "
            "anew, and makes one of its own, which is connected to nothing."
        )
    else:
        rest = (
            f"{_reader(function)} reads it. A forked worker has the parent's value. Any other worker imports the "
            "program anew, and gets another value."
        )
    return Cause(kind, code.module.path, site.line, first + rest, site.name, weight=5 if kind == "handle" else 2)


def handles_of_functions(program: Program) -> Iterator[Cause]:
    """Yield the queues and locks that a function makes, and that may be gone when it returns."""
    for code in program.codes:
        for site in code.values:
            if site.where not in (AT_IMPORT, UNDER_GUARD) and _made_anew(code, site.value) == "handle":
                why = (
                    f"Line {site.line} of {code.module.path.name} makes `{site.name}` in a function. When the function "
                    "returns, nothing in the parent refers to it, and Python removes it. A forked worker has a copy by "
                    "then; any other one still has to connect to it, and does not find it (FileNotFoundError)."
                )
                yield Cause("dropped", code.module.path, site.line, why, site.name)


def _code_of(program: Program, function: Function) -> Code:
    return next(code for code in program.codes if code.module is function.module)
