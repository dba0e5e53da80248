"""What the text of a program shows of why another start method changes what it does: the rarer ways to write it."""

import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from helpers.program import shared_names
from helpers.program.causes import Cause
from helpers.program.program_text import read_program
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
