"""What the text of a program shows of why another start method changes what it does: the rarer ways to write it."""

import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from helpers.program import hazards, shared_names
from helpers.program.causes import Cause
from helpers.program.finding_causes import Comparison, explain
from helpers.program.outputs import Difference
from helpers.program.program_text import read_program
from helpers.program.trial import Trial
from helpers.program.verdicts import reasons
from helpers.program.worker_code import Program, study


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Program]:
    """Return a function that reads a program from its text, and further modules of it from theirs."""

    def read(text: str, **modules: str) -> Program:
        for name, content in {"program": text, **modules}.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
        return study(read_program([sys.executable, str(tmp_path / "program.py")]))

    return read


def found(causes: Iterable[Cause]) -> list[tuple[str, int, str]]:
    """Return the kind, the line and the name of each cause."""
    return sorted({(cause.kind, cause.line, cause.name) for cause in causes})


# What workers are given


SETTING = """
    import sys, warnings
    from multiprocessing import Pool
    def work(n):
        return n + 1
    if __name__ == "__main__":
        {}
        with Pool(2) as pool:
            print(pool.map(work, range(3)))
"""
LOGGING = """
    import logging
    from multiprocessing import Pool
    def work(n):
        {}
    if __name__ == "__main__":
        logging.basicConfig(level="INFO")
        with Pool(2) as pool:
            pool.map(work, range(3))
"""


HANDED_ON = """
    from multiprocessing import Pool
    OPTIONS = {{}}
    def init(options):
        {init}
    def work(n):
        return n * OPTIONS["k"]
    def main():
        {main}
        with Pool(2, initializer=init, initargs=({{"k": 2}},)) as pool:
            print(pool.map(work, range(3)))
    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("main", ['OPTIONS["k"] = 2', "OPTIONS.update(k=2)", "global OPTIONS; OPTIONS = {'k': 2}"])
@pytest.mark.parametrize("init", ["global OPTIONS; OPTIONS = options", "OPTIONS.update(options)"])
def test_a_name_that_an_initializer_sets_is_not_set_in_the_parent_only(program, main, init):
    assert found(shared_names.names_set_late(program(HANDED_ON.format(main=main, init=init)))) == []


def test_a_name_that_an_initializer_leaves_alone_is_set_in_the_parent_only(program):
    text = HANDED_ON.format(main='OPTIONS["k"] = 2', init="print(options)")
    assert found(shared_names.names_set_late(program(text))) == [("stale", 8, "OPTIONS")]


@pytest.mark.parametrize("init", ["globals().update(options)", "for name in options: setattr(here, name, 2)"])
def test_a_name_is_a_guess_if_an_initializer_sets_what_the_text_does_not_name(program, init):
    [cause] = shared_names.names_set_late(program(HANDED_ON.format(main='OPTIONS["k"] = 2', init=init)))
    assert (cause.name, cause.line, cause.guess) == ("OPTIONS", 8, True)


@pytest.mark.parametrize("line", ["settings.rate = rate", 'setattr(settings, "rate", rate)'])
def test_an_attribute_that_a_worker_sets_is_not_set_in_the_parent_only(program, line):
    text = """
        from multiprocessing import Process
        import settings
        def work(rate):
            {}
            print(settings.rate)
        if __name__ == "__main__":
            settings.rate = 2
            Process(target=work, args=(2,)).start()
    """
    assert found(shared_names.names_set_late(program(text.format(line), settings="rate = 1"))) == []
    late = shared_names.names_set_late(program(text.format("pass"), settings="rate = 1"))
    assert found(late) == [("stale", 7, "settings.rate")]


@pytest.mark.parametrize("line", ["total += n", "total = total + n", "seen[n] = total"])
def test_a_name_that_a_task_only_changes_is_set_in_the_parent_only(program, line):
    text = f"""
        from multiprocessing import Pool
        total = 0
        seen = {{}}
        def work(n):
            global total
            {line}
            return total
        if __name__ == "__main__":
            total = 100
            with Pool(1) as pool:
                print(pool.map(work, range(3)))
    """
    assert found(shared_names.names_set_late(program(text))) == [("stale", 9, "total")]


@pytest.mark.parametrize("line", ['open("a.txt")', 'sqlite3.connect("a")', "socket.create_connection(address)"])
@pytest.mark.parametrize("early", ["", "late = None"])
def test_what_is_open_is_to_be_opened_in_workers(program, early, line):
    text = SETTING.replace("def work", f"{early}\n    def work").replace("n + 1", "late.fileno()")
    [cause] = shared_names.names_set_late(program(text.format(f"late = {line}")))
    assert (cause.kind, cause.line) == ("opened", 7)
    assert "Open `late` in the workers" in cause.remedy


def test_variables_of_the_environment_are_to_be_sent_as_a_dictionary(program):
    text = SETTING.replace("import sys", "import os, sys").replace("n + 1", 'os.environ.get("MODE")')
    [cause] = shared_names.names_set_late(program(text.format('os.environ["MODE"] = "full"')))
    assert (cause.kind, cause.line) == ("environ", 6)
    assert "initargs=(dict(os.environ),)" in cause.remedy


def test_a_handler_of_logs_is_not_to_be_added_to_those_of_a_forked_worker(program):
    text = LOGGING.format("logging.info(n)").replace('basicConfig(level="INFO")', "root.addHandler(handler)")
    [cause] = hazards.late_settings(program(text))
    assert (cause.kind, cause.line) == ("handlers", 6)
    assert "twice" in cause.remedy


def test_a_setting_that_an_initializer_makes_too_is_not_made_in_the_parent_only(program):
    line = "sys.setrecursionlimit(5000)"
    texts = [f"    import sys{HANDED_ON.format(main=line, init=init)}" for init in ("pass", line)]
    assert [found(hazards.late_settings(program(text))) for text in texts] == [
        [("settings", 9, "setrecursionlimit")],
        [],
    ]


# The state of objects


CONFIG = """
class Config:
    level = 0
    limits = []
    def read(self, text):
        self.level = int(text)
    def read_all(self, *texts):
        for text in texts:
            self.read(text)
    def limit(self, level):
        self.limits.append(level)
    @classmethod
    def reset(cls):
        cls.level = 0
    def rate(self):
        return self.level
config = Config()
"""
USING = """
    from multiprocessing import Pool
    import settings
    from settings import Config, config
    def init(text):
        {init}
    def work(n):
        return {work}
    def main():
        {main}
        with Pool(2, initializer=init, initargs=("9",)) as pool:
            print(pool.map(work, range(3)))
    if __name__ == "__main__":
        main()
"""


def causes_of_using(program: Callable[..., Program], **lines: str) -> Iterable[Cause]:
    lines = {"init": "pass", "work": "n", "main": "pass"} | lines
    return shared_names.names_set_late(program(USING.format(**lines), settings=CONFIG))


@pytest.mark.parametrize(
    "main, work, name",
    [
        ('config.read("9")', "config.level", "config.level"),
        ('config.read("9")', "config.rate()", "config.level"),
        ('config.read_all("1", "9")', "config.level", "config.level"),
        ('settings.config.read("9")', "settings.config.level", "settings.config.level"),
        ('settings.config.read("9")', "config.level", "settings.config.level"),
        ("config.limit(4)", "config.limits", "config.limits"),
        ("Config.reset()", "Config.level", "Config.level"),
        ("Config.reset()", "config.rate()", "Config.level"),
    ],
)
def test_a_method_that_changes_its_object_in_the_parent_only_is_found(program, main, work, name):
    assert found(causes_of_using(program, main=main, work=work)) == [("stale", 9, name)]


def test_the_line_that_changes_an_object_in_a_method_is_named_too(program):
    [cause, *_] = causes_of_using(program, main='config.read_all("9")', work="config.level")
    assert "`config.level` is changed in line 9 of program.py (by `read`, in line 5 of settings.py), in " in cause.why


@pytest.mark.parametrize(
    "lines",
    [
        {"main": 'config.read("9")', "init": "config.read(text)", "work": "config.level"},
        {"main": 'config = Config(); config.read("9")', "work": "config.level"},
        {"main": 'config.read("9")', "work": "Config().rate()"},
        {"main": "config.rate()", "work": "config.level"},
    ],
    ids=["in the initializer, too", "an object of a function", "another object", "a method that changes nothing"],
)
def test_a_method_that_changes_no_object_of_workers_is_no_cause(program, lines):
    assert found(causes_of_using(program, **lines)) == []


def test_an_object_that_a_task_changes_by_what_it_was_is_set_in_the_parent_only(program):
    text = """
        from multiprocessing import Pool
        class Counter:
            n = 0
            def count(self, n):
                self.n = self.n + n
        counter = Counter()
        def work(n):
            counter.count(n)
            return counter.n
        if __name__ == "__main__":
            counter.count(100)
            with Pool(1) as pool:
                print(pool.map(work, range(3)))
    """
    assert found(shared_names.names_set_late(program(text))) == [("stale", 11, "counter.n")]


def test_a_method_of_an_object_that_is_made_on_the_spot_runs_in_workers(program):
    text = """
        import numpy as np
        from multiprocessing import Pool
        class Augment:
            def jitter(self):
                return np.random.normal()
        def load(n):
            return Augment().jitter()
        if __name__ == "__main__":
            with Pool(2) as pool:
                print(pool.map(load, range(3)))
    """
    others = "class Other:\n    def jitter(self):\n        pass\n"
    read = program(text.replace("import numpy", "import others, numpy"), others=others)
    assert found(hazards.copied_generators(read)) == [("random", 5, "")]


# What may be the cause, if nothing else is found


def differing(usual: str = "fork", other: str = "spawn", *, messages: bool = False) -> Comparison:
    """Return two runs that printed one line each, which is not the same."""
    trials = [Trial(method, 0, 0.1, b"", b"", ()) for method in (other, usual)]
    return Comparison(*trials, Difference(("1",), ("2",)), Difference(("3",), ("4",)) if messages else Difference())


def test_a_setting_that_nothing_links_to_the_difference_is_a_guess(program):
    [cause] = explain(differing(), program(SETTING.format("sys.setrecursionlimit(5000)")))
    assert (cause.kind, cause.line, cause.guess) == ("settings", 6, True)
    assert next(reasons([cause])).startswith("Perhaps: Line 6 of program.py calls `setrecursionlimit`")


def test_a_name_that_is_set_in_the_parent_only_is_no_guess(program):
    text = SETTING.replace("n + 1", "n + late").format("late = 1")
    [cause] = explain(differing(), program(text))
    assert (cause.kind, cause.guess) == ("missing", False)
    assert next(reasons([cause])).startswith("Why: `late` gets its value in line 6")


def test_a_filter_of_warnings_is_no_cause_where_stderr_does_not_differ(program):
    filtering = program(SETTING.format('warnings.filterwarnings("ignore")'))
    assert explain(differing(), filtering) == []
    assert [cause.line for cause in explain(differing(messages=True), filtering)] == [6]


@pytest.mark.parametrize("line, guess", [("logging.info(n)", False), ("return n + 1", True)])
def test_a_setting_of_logging_is_a_guess_unless_workers_log_and_lines_are_missing(program, line, guess):
    fewer = replace(differing(), output=Difference(("INFO 1",), ()))
    [cause] = explain(fewer, program(LOGGING.format(line)))
    assert (cause.kind, cause.line, cause.guess) == ("settings", 6, guess)


WAITING = """
    import time
    from multiprocessing import Process
    def work(n):
        return n + 1
    if __name__ == "__main__":
        process = Process(target=work, args=(1,))
        {}
"""


@pytest.mark.parametrize(
    "lines, expected",
    [
        ("process.start(); time.sleep(1)", [7]),
        ("process.start(); time.sleep(1); process.join()", [7]),
        ("process.start(); process.join(); time.sleep(1)", []),
    ],
)
def test_a_sleep_is_no_cause_after_a_join(program, lines, expected):
    causes = explain(differing(), program(WAITING.format(lines)))
    assert [(cause.kind, cause.line, cause.guess) for cause in causes] == [("hurry", line, True) for line in expected]


def test_a_sleep_is_no_cause_where_neither_run_forks(program):
    sleeping = program(WAITING.format("process.start(); time.sleep(1)"))
    assert explain(differing("forkserver", "spawn"), sleeping) == []
    assert [cause.kind for cause in explain(differing("forkserver", "fork"), sleeping)] == ["hurry"]


# Several causes


TWO_NAMES = """
    from multiprocessing import Pool
    import settings
    def work(n):
        folder = settings.folder / n
        return folder, settings.name
    def main():
        settings.name = "a"
        settings.folder = "b"
        with Pool(2) as pool:
            print(pool.map(work, "c"))
    if __name__ == "__main__":
        main()
"""


def test_the_name_in_the_traceback_comes_first_and_the_other_one_is_needed_too(program):
    read = program(TWO_NAMES, settings="name = folder = None")
    error = f"Traceback\n  File \"{read.codes[0].module.path}\", line 4, in work\nTypeError: 'NoneType' and 'str'\n"
    failed = replace(differing(messages=True).trial, exit_code=1, stderr=error.encode())
    causes = explain(replace(differing(messages=True), trial=failed), read)
    assert [(cause.name, cause.line) for cause in causes] == [("settings.folder", 8), ("settings.name", 7)]
    assert [sentence.split()[0] for sentence in reasons(causes)] == ["Why:", "Remedy:", "And:", "Remedy:"]


def test_without_a_traceback_causes_come_in_the_order_of_the_program(program):
    causes = explain(differing(), program(TWO_NAMES, settings="name = folder = None"))
    assert [cause.line for cause in causes] == [7, 8]


@pytest.mark.parametrize(
    "kind, guess, expected",
    [("handle", False, "And:"), ("settings", False, "And:"), ("settings", True, "Or:"), ("unpicklable", False, "Or:")],
)
def test_a_second_cause_is_an_alternative_only_if_one_remedy_may_be_enough(kind, guess, expected):
    causes = [Cause(kind, Path("a.py"), line, "why", "name", guess=guess) for line in (1, 2)]
    assert [sentence.split()[0] for sentence in reasons(causes)][1] == expected
