"""A program is run with each start method, and the report says what differs, which line causes it, and what to do."""

import ast
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest
from kernels import gone

from helpers.program import hazards, shared_names
from helpers.program.causes import REMEDIES, Cause
from helpers.program.finding_causes import Comparison, explain
from helpers.program.outputs import Difference, compare_lines, learn_noise, read_lines, repeated_numbers
from helpers.program.program_text import entry_point, read_program
from helpers.program.start_methods import compare, main, methods_of_platform
from helpers.program.symptoms import find_symptoms
from helpers.program.syntax import is_guard
from helpers.program.trial import Trial, try_program
from helpers.program.verdicts import verdict
from helpers.program.worker_code import Program, study

PROGRAMS = Path(__file__).parent / "programs"
DEFAULT, *OTHERS = methods_of_platform()

needs_fork = pytest.mark.skipif("fork" not in methods_of_platform(), reason="this platform does not fork")


# What is compared


def difference(usual: str, other: str, again: str | None = None) -> Difference:
    lines = [read_lines(text.encode()) for text in (usual, usual if again is None else again, other)]
    return compare_lines(lines[0], lines[2], learn_noise(lines[0], lines[1]))


def test_another_number_is_a_difference():
    assert difference("sum: 10\n", "sum: 12\n") == Difference(("sum: 10",), ("sum: 12",))


def test_a_number_that_changes_by_itself_is_none():
    assert not difference("id 17, sum 10\n", "id 99, sum 10\n", again="id 20, sum 10\n")
    assert difference("id 17, sum 10\n", "id 99, sum 12\n", again="id 20, sum 10\n")


def test_a_line_that_does_not_change_is_compared_beside_one_that_does():
    usual, again = "mean 0.123456\nmean 0.777777\n", "mean 0.123456\nmean 0.888888\n"
    assert not difference(usual, "mean 0.999999\nmean 0.123456\n", again=again)
    assert difference(usual, "mean 0.123457\nmean 0.999999\n", again=again)


TIMES = [("took 0.1 s", "took 0.4 s"), ("Elapsed: 3", "Elapsed: 5"), ("12:01", "12:02"), ("at time 7", "at time 0")]


@pytest.mark.parametrize("one, other", TIMES)
def test_a_time_that_changes_by_itself_is_none(one, other):
    assert not difference(one, other, again=one.replace("1", "2").replace("3", "4").replace("7", "8"))


@pytest.mark.parametrize("one, other", TIMES)
def test_a_time_that_is_the_same_in_both_usual_runs_is_a_difference(one, other):
    assert difference(one, other) == Difference((one,), (other,), only_times=True)


def test_all_times_of_a_line_are_none_if_one_of_them_changes():
    assert not difference("12:00:01.25 done in 3 s", "12:00:02.75 done in 5 s", again="12:00:01.50 done in 3 s")
    assert difference("task 7 took 0.1 s", "task 8 took 0.1 s", again="task 7 took 0.2 s")


def test_another_number_beside_another_time_is_no_difference_of_times_only():
    assert not difference("sum 3\ntook 1 s", "sum 4\ntook 2 s").only_times


def test_another_order_of_lines_is_none_but_said():
    assert difference("a\nb\n", "b\na\n") == Difference(reordered=True)


def test_the_names_of_workers_and_of_main_are_none():
    usual = "ForkPoolWorker-1 of <module '__main__'>"
    assert not difference(usual, "SpawnPoolWorker-2 of <module '__mp_main__'>")


def test_progress_on_a_line_of_its_own_is_none():
    assert not difference("done\n", "  3%|#   | 1/30 [00:01<00:29, 1.0it/s]\rdone\n")


def test_lines_that_come_and_go_by_themselves_are_none():
    assert not difference("a\nretry red\nb\n", "a\nretry blue\nb\n", again="a\nretry green\nb\n")
    assert difference("a\nretry red\nb\n", "a\nretry blue\n", again="a\nretry green\nb\n")


def test_pythons_remarks_on_stderr_are_none():
    remark = b"x.py:3: DeprecationWarning: This process (pid=3) is multi-threaded, use of fork() may deadlock\n"
    assert read_lines(remark, messages=True) == []


def test_the_same_failure_is_none_wherever_its_traceback_came_by():
    text = 'Process {}:\nTraceback (most recent call last):\n  File "{}", line {}, in f\n    g()\nOSError: {}\nend\n'
    usual, *others = (
        read_lines(text.format(*values).encode(), messages=True)
        for values in [("SpawnProcess-1", "a", 1, 4), ("Process-2", "b", 9, 4), ("Process-1", "a", 1, 5)]
    )
    assert [line.text for line in usual] == ["Process SpawnProcess-1:", "OSError: 4", "end"]
    assert [bool(compare_lines(usual, other, learn_noise(usual, usual))) for other in others] == [False, True]


def test_random_numbers_that_repeat_are_counted():
    assert repeated_numbers(read_lines(b"0.12345 0.12345\n0.99887\n")) == 1
    assert repeated_numbers(read_lines(b"1 1 1\n")) == 0


# What the text of a program shows


def program_of(path: Path) -> Program:
    return study(read_program([sys.executable, str(path)]))


def written(tmp_path: Path, text: str, name: str = "program.py") -> Path:
    path = tmp_path / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def all_causes(program: Program) -> list[Cause]:
    return [
        *shared_names.names_set_late(program),
        *shared_names.names_made_again(program),
        *hazards.unguarded_starts(program),
        *(cause for _, cause in hazards.unfindable_functions(program)),
        *hazards.effects_at_import(program),
        *hazards.copied_generators(program),
        *hazards.late_settings(program),
        *hazards.waits_for_all_children(program),
    ]


@pytest.mark.parametrize(
    "name, kind, text",
    [
        ("chromium_3866.py", "stale", "EXCLUDED.append("),
        ("pebble_71/main.py", "stale", "Config.some_var = True"),
        ("so_38236211/main.py", "stale", "import_mock.to_mock = 1"),
        ("so_which_objects_are_inherited.py", "stale", " = 1"),
        ("valhalla_3003.py", "missing", "session = {"),
        ("vsm_101.py", "missing", "_corpus = corpus"),
        ("cpython_126831.py", "nested", "def func"),
        ("cpython_142249.py", "nested", "lambda: None"),
        ("triqler_8.py", "nested", "lambda"),
        ("fastpat_5.py", "main", "def parse_file_opts"),
        ("funda_scraper_35.py", "guard", "Scraper().run"),
        ("so_2697640.py", "guard", "multiprocessing.Process("),
        ("cpython_102819.py", "import", "print("),
        ("numpy_9650.py", "random", "(np.random.random())"),
        ("bluebrain_278.py", "settings", "basicConfig"),
        ("flac2all_73.py", "children", ".children()"),
    ],
)
def test_the_line_that_causes_a_difference_is_found_in_the_text(name, kind, text):
    lines = (PROGRAMS / name).read_text(encoding="utf-8").splitlines()
    expected = [number for number, line in enumerate(lines, 1) if text in line]
    found = sorted(cause.line for cause in all_causes(program_of(PROGRAMS / name)) if cause.kind == kind)
    assert found == expected


def test_a_queue_that_each_worker_makes_anew_is_found(tmp_path):
    path = written(
        tmp_path,
        """
        from multiprocessing import Process, Queue
        results = Queue()
        def work():
            results.put(1)
        if __name__ == "__main__":
            Process(target=work).start()
            print(results.get())
        """,
    )
    assert [(cause.kind, cause.line) for cause in all_causes(program_of(path))] == [("handle", 3)]


def test_a_lock_that_is_made_late_is_not_to_be_an_argument_of_a_task(tmp_path):
    text = """\
        from multiprocessing import Lock, Pool

        def add(number):
            with lock:
                print(number)

        if __name__ == "__main__":
            lock = Lock()
            with Pool(2) as pool:
                pool.map(add, range(3))
    """
    [cause] = shared_names.names_set_late(program_of(written(tmp_path, text)))
    assert (cause.line, cause.name) == (8, "lock")
    assert "Pool(initializer=function, initargs=(lock,))" in cause.remedy
    assert "argument of the function" not in cause.remedy


def test_a_value_that_is_another_one_in_each_process_is_found(tmp_path):
    path = written(
        tmp_path,
        """
        import time
        from multiprocessing import Pool
        BEGAN = time.time()
        def age(now):
            return now - BEGAN
        if __name__ == "__main__":
            with Pool(2) as pool:
                print(pool.map(age, [1, 2]))
        """,
    )
    assert [(cause.kind, cause.line) for cause in all_causes(program_of(path))] == [("again", 4)]


@pytest.mark.parametrize(
    "text",
    [
        """
        from multiprocessing import Pool
        RATE = 3
        def scale(x, rate=RATE):
            return x * rate * RATE
        def main():
            RATE = 5
            with Pool(2) as pool:
                print(pool.map(scale, [1, RATE]))
        if __name__ == "__main__":
            main()
        """,
        """
        from multiprocessing import Pool
        def set_up(value):
            global rate
            rate = value
        def scale(x):
            return x * rate
        if __name__ == "__main__":
            with Pool(2, initializer=set_up, initargs=(3,)) as pool:
                print(pool.map(scale, [1]))
        """,
        """
        from multiprocessing.pool import ThreadPool
        from concurrent.futures import ThreadPoolExecutor
        cache = {}
        def fill():
            cache["a"] = 1
        if __name__ == "__main__":
            fill()
            with ThreadPool(2) as pool, ThreadPoolExecutor() as executor:
                print(pool.map(lambda x: x + cache["a"], [1]), executor.submit(lambda: 1).result())
        """,
        """
        import subprocess
        from multiprocessing import Pool
        def run(line):
            return subprocess.run(line, check=True).returncode
        def main():
            with Pool(2) as pool:
                for found in pool.imap(run, []):
                    print(found)
        if __name__ == "__main__":
            main()
        """,
    ],
    ids=["a local name", "an initializer", "threads", "a library"],
)
def test_nothing_is_found_in_a_program_that_is_right(tmp_path, text):
    assert all_causes(program_of(written(tmp_path, text))) == []


def test_a_program_that_cannot_be_read_has_no_text(tmp_path):
    assert read_program([sys.executable, str(tmp_path / "missing.py")]) == []
    assert read_program([sys.executable, str(written(tmp_path, "def f(:\n"))]) == []


@pytest.mark.parametrize(
    "words, expected",
    [
        (["-u", "a.py", "-m"], ("script", "a.py")),
        (["-W", "error", "-m", "a.b", "x"], ("module", "a.b")),
        (["-c", "pass"], None),
        ([], None),
    ],
)
def test_what_a_command_runs(words, expected):
    assert entry_point(["python", *words]) == expected


@pytest.mark.parametrize(
    "test, expected",
    [
        ("__name__ == '__main__'", True),
        ("'__main__' == __name__", True),
        ("debug and __name__ == '__main__'", True),
        ("__name__ != '__main__'", False),
        ("name == '__main__'", False),
    ],
)
def test_what_a_guard_is(test, expected):
    assert is_guard(ast.parse(test, mode="eval").body) is expected


def test_each_remedy_can_be_filled_in():
    for kind in REMEDIES:
        assert Cause(kind, Path("a.py"), 1, "why", "name").remedy.endswith(".")


# What an output shows


@pytest.mark.parametrize(
    "words, kind, about",
    [
        ("RuntimeError: context has already been set", "method", "context has already been set"),
        ("current process has finished its bootstrapping phase.", "guard", "finished its bootstrapping phase"),
        ("Queue objects should only be shared between processes through inheritance", "inheritance", "Queue"),
        ("AttributeError: Can't get attribute 'f' on <module '__mp_main__' from 'a.py'>", "main", "f"),
        ("AttributeError: Can't get attribute 'f' on <module '__main__' (built-in)>", "main", "f"),
        ("AttributeError: module '__mp_main__' has no attribute 'f'", "main", "f"),
        ("AttributeError: Can't pickle local object 'main.<locals>.f'", "nested", "main.<locals>.f"),
        ("AttributeError: Can't get local object 'main.<locals>.f'", "nested", "main.<locals>.f"),
        ("PicklingError: Can't pickle local object <function main.<locals>.f at 0x7f>", "nested", "main.<locals>.f"),
        ("PicklingError: Can't pickle <function <lambda> at 0x7f>: it's not found", "nested", "<lambda>"),
        ("PicklingError: Can't pickle <class '__main__.Info'>: attribute lookup failed", "nested", "Info"),
        ("TypeError: cannot pickle '_thread.lock' object", "unpicklable", "_thread.lock"),
        ("TypeError: cannot pickle 'TextIOWrapper' instances", "unpicklable", "TextIOWrapper"),
        ("NameError: name 'rate' is not defined. Did you mean: 'range'?", "missing", "rate"),
        ("EOFError: EOF when reading a line", "import", "EOFError: EOF when reading a line"),
    ],
)  # fmt: skip
def test_the_words_of_each_error_are_known(words, kind, about):
    text = f'Traceback (most recent call last):\n  File "a.py", line 7, in <module>\n    go()\n{words}\n'
    first = next(find_symptoms(text, [Path("a.py")]))
    assert (first.kind, first.about, first.path, first.line) == (kind, about, Path("a.py"), 7)


def trial(exit_code: int | None = 0, stderr: str = "", stdout: str = "") -> Trial:
    stopped = "" if exit_code is not None else "deadline"
    return Trial("spawn", exit_code, 0.1, stdout.encode(), stderr.encode(), (), stopped)


@pytest.mark.parametrize(
    "one, other, expected",
    [
        (trial(1, "Traceback: here"), trial(1, "Traceback: there"), True),
        (trial(0, "a message"), trial(0), False),
        (trial(None, stdout="1"), trial(None, stdout="2"), True),
        (trial(None), trial(0), False),
        (trial(1), trial(0), False),
        (trial(1, stdout="1"), trial(1, stdout="2"), False),
    ],
)
def test_what_counts_as_the_same(one, other, expected):
    streams = [(other.stdout, one.stdout), (other.stderr, one.stderr)]
    differences = [difference(usual.decode(), printed.decode()) for usual, printed in streams]
    assert Comparison(one, other, *differences).same is expected


def test_a_type_that_cannot_be_pickled_leads_to_the_line_that_makes_one():
    failed = trial(1, stderr="TypeError: cannot pickle '_thread.lock' object")
    comparison = Comparison(failed, trial(), Difference(), Difference((), ("TypeError",)))
    (cause,) = explain(comparison, program_of(PROGRAMS / "cve_search_817.py"))
    assert (cause.kind, cause.name) == ("unpicklable", "self.progress_lock")


def test_an_error_of_the_usual_run_leads_to_its_cause_though_the_exit_code_is_0(tmp_path):
    path = written(
        tmp_path,
        """
        from multiprocessing import Process, Queue
        from time import sleep
        def work(queue):
            print("at work")
        def start():
            Process(target=work, args=(Queue(),)).start()
        if __name__ == "__main__":
            start()
            sleep(1)
        """,
    )
    error = "Traceback (most recent call last):\n  in SemLock._rebuild(*state)\nFileNotFoundError: [Errno 2]"
    output, messages = Difference((), ("at work",)), Difference(("FileNotFoundError: [Errno 2]",))
    comparison = Comparison(trial(stdout="at work"), trial(stderr=error), output, messages)
    assert [(cause.kind, cause.line) for cause in explain(comparison, program_of(path))] == [("dropped", 7)]
    assert verdict([comparison], "forkserver") == (
        "With forkserver, the default, something fails, and yet it ends with exit code 0: there are errors on stderr. "
        "With spawn it gives ANOTHER ANSWER, without these errors."
    )


# Running programs


@pytest.mark.parametrize("method", [None, DEFAULT, *OTHERS])
def test_the_default_is_changed_and_the_program_notes_it(tmp_path, method):
    path = written(tmp_path, "import multiprocessing as mp; print(mp.get_start_method(), mp.get_context()._name)")
    seen = try_program([sys.executable, str(path)], method, deadline=30)
    assert seen.stdout.split() == [(method or DEFAULT).encode()] * 2
    assert seen.exit_code == 0
    assert [note["default"] for note in seen.noted("imported")] == [method or DEFAULT]
    assert [note["processes"] for note in seen.noted("ended")] == [0]


def test_the_choice_of_a_program_holds_and_is_noted(tmp_path):
    path = written(
        tmp_path,
        """\
        import multiprocessing
        multiprocessing.set_start_method("spawn")
        print(multiprocessing.get_start_method(), multiprocessing.get_context("spawn").get_start_method())
        """,
    )
    seen = try_program([sys.executable, str(path)], OTHERS[0] if OTHERS else None, deadline=30)
    assert seen.stdout.split() == [b"spawn", b"spawn"]
    chosen = [(note["how"], note["line"]) for note in seen.noted("chosen")]
    assert chosen == [("set_start_method", 2), ("get_context", 3)]


def test_the_folder_of_the_hook_leaves_no_trace_and_hides_nothing(tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("print('mine')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    text = "import json, sys; print(json.dumps(sys.path)); print(sys.modules['sitecustomize'].__file__)"
    path = written(tmp_path, text)
    mine, paths, module = try_program([sys.executable, str(path)], None, deadline=30).stdout.decode().splitlines()
    assert mine == "mine"
    assert module == str(tmp_path / "sitecustomize.py")
    usual = subprocess.run([sys.executable, str(path)], capture_output=True, check=True, text=True, timeout=30).stdout
    assert json.loads(paths) == json.loads(usual.splitlines()[1])


def test_a_program_at_the_deadline_is_ended_with_all_it_has_started(tmp_path):
    path = written(
        tmp_path,
        """
        import multiprocessing, sys, time
        if __name__ == "__main__":
            process = multiprocessing.Process(target=time.sleep, args=(60,))
            process.start()
            print(process.pid, flush=True)
            process.join()
        """,
    )
    seen = try_program([sys.executable, str(path)], DEFAULT, deadline=2)
    assert (seen.exit_code, seen.stopped, seen.ended) == (None, "deadline", False)
    worker = int(seen.stdout)
    assert gone([process for process in psutil.process_iter() if process.pid == worker], 0)


def test_a_program_whose_workers_fail_without_end_is_ended_early(tmp_path):
    path = written(tmp_path, "from multiprocessing import Pool\nwith Pool(2) as pool:\n    pool.map(abs, [1, 2])\n")
    seen = try_program([sys.executable, str(path)], "spawn", deadline=30)
    assert seen.stopped == "storm"
    assert seen.seconds < 30


def test_stdin_is_empty_and_a_signal_is_a_negative_exit_code(tmp_path):
    path = written(tmp_path, "import os, sys; print(repr(sys.stdin.read())); sys.stdout.flush(); os.abort()")
    seen = try_program([sys.executable, str(path)], None, deadline=30)
    assert seen.stdout.split() == [b"''"]
    assert seen.exit_code != 0


# The command


def run(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    code = main(["--deadline", "20", *options, str(path)])
    return code, " ".join(capsys.readouterr().out.split())


@needs_fork
def test_a_silent_wrong_answer_is_shown_with_its_line_and_remedy(capsys):
    code, text = run(PROGRAMS / "chromium_3866.py", capsys)
    assert code == 1
    assert "ANOTHER ANSWER" in text
    assert "`EXCLUDED` is changed in line 17 of chromium_3866.py, in `main`" in text
    assert "['base/a.cc', '.pc/a.cc']" in text
    assert "Remedy: Give workers the value of `EXCLUDED`" in text


@needs_fork
@pytest.mark.parametrize("words", ["{} seconds in all", "leaves at {}:30", "the peak is at time {}"])
def test_a_wrong_answer_that_looks_like_a_time_is_not_the_same(capsys, tmp_path, words):
    text = f"""
        from multiprocessing import Pool
        SPEED = 10
        def duration(song):
            return song * SPEED
        if __name__ == "__main__":
            SPEED = 20
            with Pool(1) as pool:
                print({words!r}.format(pool.apply(duration, (1,))))
        """
    code, text = run(written(tmp_path, text), capsys)
    assert code == 1
    assert "other numbers that look like times" in text
    assert "If they say how long the run took, this is no difference. Else it is ANOTHER ANSWER" in text
    assert "`SPEED` gets its value in line 7" in text


def test_the_runs_that_show_what_changes_by_itself_are_the_first_and_the_last(monkeypatch, capsys, tmp_path):
    tried = []

    def note(command: list[str], method: str | None, deadline: float) -> Trial:
        tried.append(method)
        return try_program(command, method, deadline)

    monkeypatch.setattr("helpers.program.start_methods.try_program", note)
    run(written(tmp_path, "print('hello')"), capsys)
    assert tried == [None, *OTHERS, DEFAULT]


@needs_fork
def test_a_program_that_hangs_with_fork_only_is_shown_with_its_thread(capsys):
    code, text = run(PROGRAMS / "vmware_runtimes_94.py", capsys, "--deadline", "2.5")
    assert code == 1
    assert "HANGS" in text
    assert "runs `log_requests` (line 10 of vmware_runtimes_94.py)" in text
    assert "Start the processes before the threads" in text


def test_a_program_that_is_right_behaves_the_same(capsys, tmp_path):
    path = written(
        tmp_path,
        """
        import os, time
        from multiprocessing import Pool
        def double(x):
            return 2 * x
        if __name__ == "__main__":
            began = time.perf_counter()
            with Pool(2) as pool:
                print(pool.map(double, range(4)), "by process", os.getpid())
            print(f"{time.perf_counter() - began:.9f} seconds")
        """,
    )
    code, text = run(path, capsys)
    assert code == 0, text
    assert "It behaves the same with every start method." in text
    assert "left out of the comparison" in text


def test_the_same_lines_in_another_order_are_told_and_not_called_the_same_behaviour(capsys, tmp_path):
    path = written(
        tmp_path,
        """
        import multiprocessing
        best = ["first", "second"]
        def ranking(_):
            return best
        if __name__ == "__main__":
            best.reverse()
            with multiprocessing.Pool(1) as pool:
                print(*pool.map(ranking, [0])[0], sep="\\n")
        """,
    )
    code, text = run(path, capsys)
    assert code == 0, text
    assert "It prints the same lines with every start method, but not in the same order." in text
    assert "compare the order yourself" in " ".join(text.split())


def test_a_program_without_processes_is_not_concerned(capsys, tmp_path):
    code, text = run(written(tmp_path, "print('hello')"), capsys)
    assert code == 0
    assert "starts no process" in text


def test_a_program_that_fails_with_each_is_not_blamed_on_them(capsys, tmp_path):
    code, text = run(written(tmp_path, "raise SystemExit(3)"), capsys)
    assert code == 0
    assert "With every start method it ends with exit code 3." in text


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process at once")
def test_nothing_is_left_behind_by_a_command_that_is_ended(tmp_path):
    text = f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    words = [sys.executable, "-m", "helpers.program.start_methods", str(written(tmp_path, text))]
    command = subprocess.Popen(words, stderr=subprocess.PIPE)
    with command:
        deadline = time.monotonic() + 20
        while not (tmp_path / "pid").exists() or not (pid := (tmp_path / "pid").read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        command.terminate()
        assert b"interrupted" in command.communicate(timeout=20)[1]
    assert command.returncode == 130
    assert gone([process for process in psutil.process_iter() if process.pid == int(pid)], 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_program_that_a_signal_ends_and_that_controls_the_terminal(capsys, tmp_path):
    path = written(
        tmp_path,
        """
        import multiprocessing, os
        if multiprocessing.get_start_method() == "spawn":
            print("\\x1b[2Jgone", flush=True)
            os.abort()
        """,
    )
    code, text = run(path, capsys)
    assert code == 1
    assert "With spawn it is killed by SIGABRT" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    "command, words",
    [
        (["nowhere.py"], "there is no program nowhere.py"),
        (["-c", "pass"], "needs a SCRIPT"),
        (["-I", str(PROGRAMS / "cpython_126831.py")], "-I"),
    ],
)
def test_a_command_that_cannot_be_tried_is_refused(capsys, command, words):
    assert compare([sys.executable, *command], 20) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), float("inf")])
def test_a_deadline_is_a_number_of_seconds(capsys, deadline):
    assert compare([sys.executable, "program.py"], deadline) == 2
    assert "deadline" in capsys.readouterr().err
