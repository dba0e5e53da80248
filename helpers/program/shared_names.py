"""Finds global names that workers read, and that have another value there unless the worker was forked."""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import replace

from helpers.program.causes import Cause, place
from helpers.program.changed_objects import changing_calls, identity
from helpers.program.code_reader import AT_IMPORT, UNDER_GUARD, Code, Function, Site
from helpers.program.unpicklable import is_opened
from helpers.program.worker_code import Program, closure

PRIMITIVES = {
    "Queue", "JoinableQueue", "SimpleQueue", "Lock", "RLock", "Value", "Array", "RawValue", "RawArray", "Event",
    "Semaphore", "BoundedSemaphore", "Condition", "Barrier", "Pipe", "SharedMemory",
}  # fmt: skip
"""What `multiprocessing` shares between processes, if it is handed on."""

OF_THREADS = ("threading", "queue", "asyncio", "_thread", "multiprocessing.dummy")
NEW_EACH_TIME = ("time.", "random.", "uuid.", "secrets.", "tempfile.", "datetime.", "os.getpid", "os.urandom", "input")
"""What gives another value each time that it is called."""

SENT_ALONG = {"sys.path", "sys.argv"}
"""What every worker gets from its parent."""

COPIED_GENERATORS = ("numpy.random.", "np.random.", "random.Random", "torch.")


def names_set_late(program: Program) -> Iterator[Cause]:
    """Yield the global names that the parent sets, or changes, after the import, and that workers read.

    They are guesses if an initializer sets names that only the run of the program decides.
    """
    unknown = _sets_unknown_names(program)
    return (replace(cause, guess=cause.guess or unknown) for cause in _set_late_by_name(program))


def _set_late_by_name(program: Program) -> Iterator[Cause]:
    sites = list(_named_sites(program))
    handed_on = _set_in_workers(program, sites)
    late = [
        (code, site, name)
        for code, site, name in sites
        if program.is_late(code, site) and not any(f"{name}.".startswith(f"{other}.") for other in handed_on)
    ]
    for function in program.workers.values():
        reader = _code_of(program, function)
        for read, line in _reads(reader, function):
            for code, site, name in late:
                if name in SENT_ALONG:
                    continue
                if f"{read}.".startswith(f"{name}.") or name.startswith(f"{read}."):
                    yield from _set_late(program, code, site, reader, function, line)
                elif site.attribute and site.value and not site.by and read.endswith(f".{name.rpartition('.')[2]}"):
                    yield replace(_stale(code, site, [], reader, function, line, weight=2), guess=True)


def _named_sites(program: Program) -> Iterator[tuple[Code, Site, str]]:
    """Yield where a global name, or what it stands for, is set or changed, with the name and its module."""
    for code in program.codes:
        for site in code.sites:
            yield code, site, identity(code, f"{site.name}.{site.attribute}".rstrip("."))
    used = {read for function in program.workers.values() for read, _ in _reads(_code_of(program, function), function)}
    for code, site, in_class in changing_calls(program):
        name = identity(code, f"{site.name}.{site.attribute}")
        yield code, site, name
        if any(f"{read}.".startswith(f"{name.rpartition('.')[0]}.") for read in used):
            yield code, site, in_class


def _set_in_workers(program: Program, sites: list[tuple[Code, Site, str]]) -> set[str]:
    """Return the global names that workers set themselves: that an initializer sets or fills, or a task sets anew."""
    first = _initializers(program)
    return {
        name
        for code, site, name in sites
        for key in [(code.module.name, site.where)]
        if key in first or key in program.workers and _is_set_anew(site)
    }


def _initializers(program: Program) -> dict[tuple[str, str], Function]:
    """Return the functions that initializers of pools are, or call."""
    return closure(program, [each.function for each in program.given if each.how == "initializer" and each.function])


def _sets_unknown_names(program: Program) -> bool:
    """Return whether an initializer has `setattr(settings, name, value)` or `globals().update(values)`."""
    first = _initializers(program)
    for code in program.codes:
        if any(site.name == "globals" and (code.module.name, site.where) in first for site in code.sites):
            return True
        for call in code.calls:
            function, arguments = call.node.func, call.node.args
            sets = isinstance(function, ast.Name) and function.id == "setattr" and len(arguments) > 1
            if sets and not isinstance(arguments[1], ast.Constant) and (code.module.name, call.where) in first:
                return True
    return False


def _is_set_anew(site: Site) -> bool:
    """Return whether a name gets a value that does not depend on the one that it had."""
    return site.value is not None and not any(
        isinstance(node, ast.Name) and node.id in (site.name, "self", "cls") for node in ast.walk(site.value)
    )


def _reads(code: Code, function: Function) -> Iterator[tuple[str, int]]:
    """Yield the names that a function reads, with their modules; of "a.b.c", neither "a" nor "a.b"."""
    longest = [
        name for name in function.attributes if not any(other.startswith(f"{name}.") for other in function.attributes)
    ]
    for name in longest:
        root, dot, rest = name.partition(".")
        if root in ("self", "cls") and function.owner:
            root = function.owner
        known = root == function.owner or root in function.reads
        yield identity(code, root + dot + rest) if known else f"?.{name}", function.attributes[name]
    for name, line in function.reads.items():
        if not any(other.startswith(f"{name}.") for other in longest):
            yield identity(code, name), line


def _set_late(program: Program, code: Code, site: Site, reader: Code, function: Function, line: int) -> Iterator[Cause]:
    same = [other for other in code.sites if other.name == site.name]
    early = [other for other in same if not other.change and not program.is_late(code, other)]
    if early or hasattr(builtins, site.name):
        yield _stale(code, site, early, reader, function, line, weight=4)
    elif not site.change:
        yield _missing(code, site, function, line)


def _missing(code: Code, site: Site, function: Function, line: int) -> Cause:
    why = (
        f"`{site.name}` gets its value in {place(code.module.path, site.line)}, {_only_here(site)}. In line {line}, "
        f"{_reader(function)} reads it. A forked worker has a copy of the parent's variables. Any other worker imports "
        f"the program anew, where `{site.name}` does not exist (NameError)."
    )
    kind = "opened" if is_opened(code, site.value) else "missing"
    if _made_anew(code, site.value) == "handle":  # a lock cannot be an argument of a task
        kind = "handle"
    return Cause(kind, code.module.path, site.line, why, site.name, weight=4, read=(function.module.path, line))


def _stale(
    code: Code, site: Site, early: list[Site], reader: Code, function: Function, line: int, weight: int
) -> Cause:
    name = f"{site.name}.{site.attribute}" if site.attribute else site.name
    name = "globals()" if name == "globals" else name
    verb = "is changed" if site.change else "gets its value"
    kind = "opened" if is_opened(code, site.value) else "stale"
    old = f"the value of line {early[0].line}" if early and not site.attribute else "what it was at the import"
    if name == "os.environ":
        kind = "environ"
        old = "what it was when the first of them was started (forkserver), or when this one was (spawn)"
    where = f"line {line}" if code is reader else place(reader.module.path, line)
    by = f" (by {site.by})" if site.by else ""
    why = (
        f"`{name}` {verb} in {place(code.module.path, site.line)}{by}, {_only_here(site)}. In {where}, "
        f"{_reader(function)} reads it. A forked worker has a copy of the parent's variables. Any other worker imports "
        f"the program anew, and finds {old}."
    )
    return Cause(kind, code.module.path, site.line, why, name, weight, read=(reader.module.path, line))


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
    weight = 5 if kind == "handle" else 2
    return Cause(kind, code.module.path, site.line, first + rest, site.name, weight, read=(code.module.path, line))


def handles_of_functions(program: Program) -> Iterator[Cause]:
    """Yield the queues and locks that a function makes, and that may be gone when it returns."""
    for code in program.codes:
        for call in code.calls:
            if call.where not in (AT_IMPORT, UNDER_GUARD) and _made_anew(code, call.node) == "handle":
                line, made = call.node.lineno, ast.unparse(call.node.func)
                why = (
                    f"Line {line} of {code.module.path.name} makes a `{made}` in a function. When it returns, "
                    "nothing in the parent refers to it any more, and Python removes it. A forked worker has a copy by "
                    "then. Any other one still has to connect to it, and does not find it (FileNotFoundError)."
                )
                yield Cause("dropped", code.module.path, line, why, made)


def _code_of(program: Program, function: Function) -> Code:
    return next(code for code in program.codes if code.module is function.module)
