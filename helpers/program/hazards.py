"""Finds in the text of a program what works with one start method only, apart from global names."""

import ast
from collections.abc import Iterator

from helpers.program.causes import Cause
from helpers.program.code_reader import AT_IMPORT, UNDER_GUARD, Call, Code, Function
from helpers.program.worker_code import Given, Program, closure, resolve

SETTINGS = {
    "random.seed", "numpy.random.seed", "numpy.seterr", "numpy.set_printoptions", "sys.setrecursionlimit",
    "sys.setswitchinterval", "socket.setdefaulttimeout", "locale.setlocale", "warnings.filterwarnings",
    "warnings.simplefilter", "signal.signal", "decimal.getcontext", "decimal.setcontext", "torch.manual_seed",
    "torch.set_num_threads", "pandas.set_option", "gc.disable", "faulthandler.enable", "sys.setprofile",
    "sys.settrace", "threading.settrace", "os.umask", "atexit.register", "copyreg.pickle", "sys.excepthook",
}  # fmt: skip
OF_MESSAGES = ("warnings.", "faulthandler.")
"""The beginnings of the names of settings that change nothing but what is on stderr."""

LOGGING = {"basicConfig", "dictConfig", "fileConfig", "addHandler", "setLevel", "addFilter"}
LOGGING_CALLS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
REPLACING = ("unittest.mock.patch", "mock.patch", "setattr")
WAITING_FOR_ALL = {"os.wait", "os.waitpid", "psutil.wait_procs"}
EFFECTS = {
    "print", "input", "open", "exec", "mkdir", "makedirs", "unlink", "remove", "rmtree", "write", "write_text",
    "system", "run", "parse_args", "sleep", "bind", "listen", "touch",
}  # fmt: skip
"""The last part of the names of functions that do something that is seen outside."""

COPIED = ("numpy.random.", "random.Random", "random.SystemRandom")
OWN_STREAMS = ("SeedSequence", "Generator", "PCG64", "default_rng")


def unguarded_starts(program: Program) -> Iterator[Cause]:
    """Yield the lines at the top level of the program that start processes, themselves or in what they call."""
    starting = [(code.module.name, call.where) for code, call in program.starters]
    direct = {id(call.node) for _, call in program.starters}
    for code in program.codes:
        for call in code.calls:
            if call.where == AT_IMPORT:
                function = resolve(program, code, AT_IMPORT, call.node.func)
                if id(call.node) in direct or function is not None and _reaches(program, function, starting):
                    yield unguarded(code, call.node.lineno)


def unguarded(code: Code, line: int) -> Cause:
    """Return the cause that this line of the top level starts processes."""
    why = (
        f"Line {line} of {code.module.path.name} starts processes and is not under "
        '`if __name__ == "__main__"`. A worker that is not forked imports the '
        "program, and so runs that line again; Python ends it with a RuntimeError."
    )
    return Cause("guard", code.module.path, line, why)


def _reaches(program: Program, function: Function, starting: list[tuple[str, str]]) -> bool:
    return any(key in starting for key in closure(program, [function]))


def unfindable_functions(program: Program) -> Iterator[tuple[Given, Cause]]:
    """Yield the functions given to workers that these cannot import: lambdas, nested ones, ones under the guard."""
    for given in program.given:
        function = given.function
        if function is None:
            continue
        path, line = function.module.path, function.node.lineno
        name = "the lambda" if isinstance(function.node, ast.Lambda) else f"`{function.name}`"
        if isinstance(function.node, ast.Lambda) or function.nested:
            inside = "" if not function.nested else f", which is made inside `{function.outer.rpartition('.')[2]}`"
            why = (
                f"Line {given.call.node.lineno} of {given.code.module.path.name} gives workers {name} of line {line}"
                f"{inside}. A worker finds a function by its name in a module, which this one does not have; only a "
                "forked process that gets it as its target has it already."
            )
            yield given, Cause("nested", path, line, why, name)
        elif function.outer == UNDER_GUARD:
            why = (
                f'Line {line} of {path.name} defines {name} under `if __name__ == "__main__"`. A worker that is not '
                f"forked imports the program without running that part, and finds no {name} there."
            )
            yield given, Cause("main", path, line, why, function.name)


def effects_at_import(program: Program) -> Iterator[Cause]:
    """Yield the lines at the top level that print, read, write or wait, which each worker repeats."""
    for code in program.codes:
        for call in code.calls:
            last = _last_name(call)
            if last in EFFECTS and (call.where == AT_IMPORT or (code.module.name, call.where) in program.at_import):
                line = call.node.lineno
                why = (
                    f"Line {line} of {code.module.path.name} calls `{last}` when the program is imported. A worker "
                    "that is not forked imports the program, and so does it again."
                )
                yield Cause("import", code.module.path, line, why, last, weight=2 if call.where == AT_IMPORT else 1)


def _last_name(call: Call) -> str:
    function = call.node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def copied_generators(program: Program) -> Iterator[Cause]:
    """Yield the lines in workers that draw numbers from a generator that all forked workers have a copy of."""
    for function in program.workers.values():
        code = next(code for code in program.codes if code.module is function.module)
        for dotted, line in function.attributes.items():
            full = code.module.full_name(ast.parse(dotted, mode="eval").body) or ""
            if full.startswith("numpy.random.") and full.split(".")[2] not in OWN_STREAMS:
                yield _copied(code, line, f"`{dotted}`", "NumPy's global generator")
        for name, line in function.reads.items():
            for site in code.sites:
                made = code.module.full_name(site.value.func) if isinstance(site.value, ast.Call) else None
                if site.name == name and made and made.startswith(COPIED):
                    yield _copied(code, line, f"`{name}`", f"the generator of line {site.line}")


def _copied(code: Code, line: int, name: str, generator: str) -> Cause:
    why = (
        f"Line {line} of {code.module.path.name} draws numbers from {generator} ({name}) in workers. Forked workers "
        "all begin with copies of the parent's generator, and so draw the same numbers; other workers seed their own."
    )
    return Cause("random", code.module.path, line, why)


def late_settings(program: Program, messages: bool = True) -> Iterator[Cause]:
    """Yield the settings of the whole process that only the parent makes, such as where log messages go.

    messages: whether messages on stderr differ; without that, leave out what changes nothing else.
    """
    done = {
        _last_name(call)
        for code in program.codes
        for call in code.calls
        if (code.module.name, call.where) in program.workers
    }
    for code in program.codes:
        for call in code.calls:
            full = code.module.full_name(call.node.func) or ""
            last = _last_name(call)
            if last in done:
                continue
            strong = last in LOGGING or full.startswith(REPLACING)
            fits = messages or not full.startswith(OF_MESSAGES)
            if (full in SETTINGS and fits or strong) and _is_late(program, code, call):
                why = (
                    f"Line {call.node.lineno} of {code.module.path.name} calls `{last}` in the parent process only. A "
                    "forked worker has the parent's settings. Any other worker begins with Python's own."
                )
                kind = "handlers" if last == "addHandler" else "settings"
                yield Cause(kind, code.module.path, call.node.lineno, why, last, weight=3 if strong else 2)


def _is_late(program: Program, code: Code, call: Call) -> bool:
    key = code.module.name, call.where
    return call.where != AT_IMPORT and key not in program.workers and key not in program.at_import


def late_logging(program: Program) -> Iterator[Cause]:
    """Yield what only the parent sets of logging, if workers log something."""
    if any(
        name.rpartition(".")[2] in LOGGING_CALLS
        for function in program.workers.values()
        for name in function.attributes
    ):
        yield from (cause for cause in late_settings(program) if cause.name in LOGGING)


def waits_for_a_time(program: Program) -> Iterator[Cause]:
    """Yield the lines of the parent that wait for a time instead of for a worker, and not after one has ended."""
    for code in program.codes:
        for call in code.calls:
            last = (code.module.full_name(call.node.func) or "").rpartition(".")[2]
            timed = last in ("join", "get", "wait", "poll") and "timeout" in [each.arg for each in call.node.keywords]
            waits = (last == "sleep" or timed) and (code.module.name, call.where) not in program.workers
            if waits and not (last == "sleep" and _follows_a_join(code, call)):
                why = (
                    f"Line {call.node.lineno} of {code.module.path.name} waits for a time (`{last}`). A forked worker "
                    "is at work after some milliseconds; any other one needs longer to start."
                )
                yield Cause("hurry", code.module.path, call.node.lineno, why, last)


def _follows_a_join(code: Code, call: Call) -> bool:
    """Return whether the last process that was started before this call, at the same place, was joined, too."""
    here = call.node.lineno, call.node.col_offset
    before = [
        (each.node.lineno, each.node.end_col_offset, each.node.func.attr)
        for each in code.calls
        if each.where == call.where and isinstance(each.node.func, ast.Attribute) and not each.node.args
        if each.node.func.attr in ("start", "join") and (each.node.lineno, each.node.col_offset) < here
    ]
    return bool(before) and max(before)[2] == "join"


def waits_for_all_children(program: Program) -> Iterator[Cause]:
    """Yield the lines that wait until the process has no children left."""
    for code in program.codes:
        for call in code.calls:
            function = call.node.func
            full = code.module.full_name(function) or ""
            of_psutil = isinstance(function, ast.Attribute) and function.attr == "children"
            if (full in WAITING_FOR_ALL or of_psutil) and (code.module.name, call.where) not in program.workers:
                why = (
                    f"Line {call.node.lineno} of {code.module.path.name} looks at all children of the process. With "
                    "spawn and forkserver, Python has children of its own (the resource tracker, the fork server), "
                    "which live as long as the program."
                )
                yield Cause("children", code.module.path, call.node.lineno, why)
