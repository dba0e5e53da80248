"""Finds why a program behaves in another way with another start method: from what it printed, and from its text."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from helpers.program import hazards, shared_names, unpicklable
from helpers.program.causes import Cause, best
from helpers.program.code_reader import Code
from helpers.program.outputs import Difference
from helpers.program.symptoms import Symptom, find_symptoms, lines_in_tracebacks
from helpers.program.trial import Trial
from helpers.program.worker_code import Program


@dataclass(frozen=True)
class Comparison:
    """A run with one start method, beside the usual one with the default."""

    trial: Trial
    usual: Trial
    output: Difference
    messages: Difference
    repeats: int = 0
    """How many more random numbers came up twice in this run than in the usual one; negative: fewer."""

    @property
    def same(self) -> bool:
        """Whether the program did the same: exit code, output, messages, and ended by itself or not."""
        if not (self.trial.ended or self.usual.ended):
            return self.trial.stopped == self.usual.stopped
        if self.output or self.repeats or self.trial.exit_code != self.usual.exit_code:
            return False
        return not self.messages or self.trial.exit_code != 0  # tracebacks of the same failure need not be the same

    @property
    def silent(self) -> bool:
        """Whether the program gives another answer, with nothing to show for it: a success, and another output."""
        return self.trial.exit_code == 0 and self.usual.exit_code == 0 and bool(self.output or self.repeats)


def explain(comparison: Comparison, program: Program) -> list[Cause]:
    """Return the likely causes of a difference; an empty list if none was found."""
    failed = lines_in_tracebacks(comparison.trial.text + comparison.usual.text, _files(program))
    return best(list(_first_that_yields(_ways(comparison, program))), failed)


def explain_failure(trial: Trial, program: Program) -> list[Cause]:
    """Return the likely causes of a failure that all start methods share."""
    return best(list(_first_that_yields(_of_symptom(each, program) for each in _symptoms(trial, program))))


def _first_that_yields(ways: Iterator[Iterator[Cause]]) -> list[Cause]:
    for way in ways:
        if causes := list(way):
            return causes
    return []


def _symptoms(trial: Trial, program: Program) -> Iterator[Symptom]:
    return find_symptoms(trial.text, _files(program))


def _files(program: Program) -> list[Path]:
    return [code.module.path for code in program.codes]


def _ways(comparison: Comparison, program: Program) -> Iterator[Iterator[Cause]]:
    """Yield the ways in which a cause may be found, the surest first."""
    trial, usual = comparison.trial, comparison.usual
    worse, better = (usual, trial) if trial.exit_code == 0 and usual.exit_code != 0 else (trial, usual)
    yield from _of_symptoms(worse, better, program)
    if trial.exit_code == usual.exit_code:  # which is the worse one is not known
        yield from _of_symptoms(better, worse, program)
    if not worse.ended:
        yield _of_threads(worse, program)
        yield hazards.waits_for_all_children(program)
    if comparison.repeats:
        yield hazards.copied_generators(program)
    printed = comparison.output or comparison.messages
    more, fewer = printed.extra, printed.missing
    if trial.method == "fork":  # then the usual run is the one whose workers import the program
        more, fewer = fewer, more
    if more and not fewer:
        yield hazards.effects_at_import(program)
    if fewer and not comparison.output:
        yield hazards.late_logging(program)
    yield _of_names(program)
    yield hazards.copied_generators(program)
    yield hazards.effects_at_import(program) if more else iter(())
    if fewer and not more:
        yield hazards.late_logging(program)
    yield from map(_guessed, _fallbacks(comparison, program))


def _fallbacks(comparison: Comparison, program: Program) -> Iterator[Iterator[Cause]]:
    """Yield what may cause a difference between start methods in general, and does not contradict this one."""
    yield hazards.late_settings(program, messages=bool(comparison.messages))
    yield hazards.unguarded_starts(program)
    yield (cause for _, cause in hazards.unfindable_functions(program))
    if (comparison.trial.method == "fork") != (comparison.usual.method == "fork"):
        yield hazards.waits_for_a_time(program)


def _guessed(causes: Iterator[Cause]) -> Iterator[Cause]:
    return (replace(cause, guess=True) for cause in causes)


def _of_symptoms(worse: Trial, better: Trial, program: Program) -> Iterator[Iterator[Cause]]:
    """Yield the causes of each error that one run shows, and the other one does not."""
    known = {(each.kind, each.about) for each in _symptoms(better, program)}
    for symptom in _symptoms(worse, program):
        if (symptom.kind, symptom.about) not in known:
            yield _of_symptom(symptom, program)


def _of_names(program: Program) -> Iterator[Cause]:
    yield from shared_names.names_set_late(program)
    yield from shared_names.names_made_again(program)


def _of_symptom(symptom: Symptom, program: Program) -> Iterator[Cause]:
    """Yield what may cause an error, with its lines."""
    path, line = symptom.path, symptom.line
    code = next((code for code in program.codes if code.module.path == path), None)
    if symptom.kind == "guard":
        if code is not None:
            yield hazards.unguarded(code, line)
        else:
            yield from hazards.unguarded_starts(program)
    elif symptom.kind in ("main", "nested"):
        yield from _of_function(symptom, program)
    elif symptom.kind == "missing":
        yield from (cause for cause in _of_names(program) if cause.name == symptom.about)
    elif symptom.kind == "stale":
        yield from (cause for cause in _of_names(program) if cause.kind in ("stale", "environ", "opened"))
    elif symptom.kind == "unpicklable":
        made = list(unpicklable.objects_of_type(program, symptom.about))
        yield from made
        if not made and path is not None:
            yield _sent(symptom, path, f"an object that holds a {symptom.about}, which cannot be pickled")
    elif symptom.kind == "dropped":
        yield from shared_names.handles_of_functions(program)
    elif symptom.kind == "import":
        yield from hazards.effects_at_import(program)
    elif path is not None:
        yield _sent(symptom, path, "")


def _of_function(symptom: Symptom, program: Program) -> Iterator[Cause]:
    """Yield why a function was not found by its name."""
    name = symptom.about.rpartition(".")[2]
    found = False
    for given, cause in hazards.unfindable_functions(program):
        function = given.function
        if function is not None and (function.name == name or name == "<lambda>" and function.name == "a lambda"):
            found = True
            yield cause
    if found:
        return
    for code in program.codes:
        for function in code.functions.values():
            if function.name == name or name == "<lambda>" and function.name == "a lambda":
                found = True
                yield _function_of_main(symptom, code, function.node.lineno, name)
        made = [site.line for site in code.values if site.name == name]
        if not found and made:  # a class, or a variable
            found = True
            yield _function_of_main(symptom, code, made[0], name)
    if not found and symptom.path is not None:
        why = (
            f"Workers look for `{name}` by its name in the program, and do not find it: no line of the program defines "
            f"it at the top level. Line {symptom.line} of {symptom.path.name} sends it."
        )
        yield Cause("main", symptom.path, symptom.line, why, name)
    elif not found and program.codes:
        path = program.codes[0].module.path
        line = _line_with(program.codes[0], name)
        why = f"Workers look for `{name}` by its name in {path.name}, and do not find it at the top level."
        yield Cause("main", path, line, why, name)


def _function_of_main(symptom: Symptom, code: Code, line: int, name: str) -> Cause:
    path = code.module.path
    kind = "main" if symptom.kind == "main" and name != "<lambda>" else "nested"
    why = (
        f"Line {line} of {path.name} makes {'the lambda' if name == '<lambda>' else f'`{name}`'}, which is sent to "
        "workers. They look for it by its name when they import the program, and do not find it, or find another one."
    )
    return Cause(kind, path, line, why, name if kind == "main" else f"`{name}`")


def _line_with(code: Code, name: str) -> int:
    lines = code.module.path.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if name in line), 1)


def _sent(symptom: Symptom, path: Path, what: str) -> Cause:
    texts = {
        "inheritance": f"sends a {symptom.about} of `multiprocessing` to a worker that has already started",
        "method": "chooses the start method when the program is imported, and each worker imports it again",
        "unpicklable": f"sends {what}",
    }
    why = f"Line {symptom.line} of {path.name} {texts[symptom.kind]} ({symptom.words})."
    return Cause(symptom.kind, path, symptom.line, why)


def _of_threads(trial: Trial, program: Program) -> Iterator[Cause]:
    """Yield the threads that ran while a hanging program forked."""
    paths = {code.module.path.resolve(): code.module.path for code in program.codes}
    for note in trial.noted("thread"):
        file = Path(str(note["file"]))
        path = paths.get(file.resolve(), file)
        line = int(str(note["line"]))
        why = (
            f"The thread {note['name']!r} runs `{note['function']}` (line {line} of {path.name}) while the program "
            "forks. A forked worker has copies of all locks, also of those that this thread holds just then; but "
            "it has no copy of the thread, and so nobody releases them."
        )
        yield Cause("threads", path, line, why, weight=2 if file.resolve() in paths else 1)
