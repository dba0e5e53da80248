"""What is recorded of a program, whatever it does and however it ends."""

import json
import os
import signal
import sys
import time

import pytest

from helpers.machine import start_methods
from helpers.program import command
from helpers.program.command import _write
from helpers.program.recording import Recording

TASKS = """
    import multiprocessing
    import os
    import signal
    import sys
    import time

    if __name__ == "__main__":
        multiprocessing.set_start_method("fork")  # these programs have no guard

    def work(seconds):
        time.sleep(seconds)
        return os.getpid()

"""


def words(done) -> str:
    """The paragraph, on one line."""
    text = done.stderr if isinstance(done.stderr, bytes) else b""
    return " ".join(text.decode().split("X-ray: ")[-1].split())


@pytest.mark.parametrize("method", start_methods())
def test_a_pool_is_named_by_the_line_that_made_it(write, method):
    program = write(f"""
        import multiprocessing
        from math import sqrt

        def main():
            with multiprocessing.Pool(2) as pool:
                pool.map(sqrt, range(8), 1)

        if __name__ == "__main__":
            multiprocessing.set_start_method({method!r})
            main()
    """)
    done = program.xrayed()
    assert words(done).startswith(f"script.py:6 in main: a Pool of 2 workers ({method}) ran 8 tasks of sqrt in ")
    assert [page.parent.name for page in program.pages] == ["xray_script_1"]
    trace = json.loads((program.folder / "xray_script_1" / "trace.json").read_text())["traceEvents"]
    assert {event["args"]["task"] for event in trace if event["name"] == "computing"} == set(range(8))
    assert {"program", "worker 1"} <= {event["args"]["name"] for event in trace if event["name"] == "thread_name"}
    program.xrayed()
    assert [page.parent.name for page in program.pages] == ["xray_script_1", "xray_script_2"]


PLACES = """
    import multiprocessing.pool
    from multiprocessing.pool import Pool
    from math import sqrt

    class Quiet(Pool):
        def __init__(self, size):
            super().__init__(size)

    def main():
        for _ in range(3):
            with Pool(1) as pool:  # first
                pool.map(sqrt, [1])
        with multiprocessing.get_context("spawn").Pool(1) as pool:  # second
            pool.apply(sqrt, (1,))

    if __name__ == "__main__":
        main()
        with Quiet(1) as pool:  # third
            pool.map(sqrt, [1, 2])
"""


def test_pools_are_told_apart_by_their_places_and_those_of_one_place_are_grouped(write):
    program = write(PLACES)
    lines = program.path.read_text().splitlines()
    first, second, third = (
        next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {word}"))
        for word in ("first", "second", "third")
    )
    text = words(program.xrayed())
    assert text.startswith("The program made 5 pools at 3 places.")
    assert f"script.py:{first} in main: 3 pools ran 3 tasks in" in text
    assert f"script.py:{second} in main: a Pool of 1 worker (spawn) ran 1 task of sqrt in" in text
    assert f"script.py:{third}: a Quiet of 1 worker" in text


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("os._exit(9)", 9),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("os.kill(os.getpid(), signal.SIGSEGV)", -signal.SIGSEGV),
        ("1 / 0", 1),
        ("raise KeyboardInterrupt", -signal.SIGINT),
    ],
)
def test_however_a_program_ends_what_was_recorded_is_shown(write, end, code):
    program = write(TASKS + f"    pool = multiprocessing.Pool(1)\n    pool.map(work, [0.0] * 5, 1)\n    {end}")
    done = program.xrayed()
    assert done.returncode == code
    assert "script.py:15: a Pool of 1 worker" in words(done)
    assert "ran 5 tasks of work" in words(done)
    assert program.left_over() == []
    assert len(program.pages) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_command_is_passed_on(write, number):
    body = "pool = multiprocessing.Pool(1); pool.map(work, [0.0]); print('ready', flush=True); pool.map(work, [60])"
    program = write(f"{TASKS}    {body}")
    process = start(program, number)
    assert process.stdout.readline() == b"ready\n"
    os.kill(process.pid, number)
    _, stderr = process.communicate(timeout=40)
    assert process.returncode == -number
    said = b" ".join(stderr.split()).decode()
    assert "ran 1 task of work" in said
    name = signal.Signals(number).name
    assert f"ended by the signal {name}. Tasks that had not ended by then are missing here. See" in said
    assert program.left_over() == []


COUNTING = """
    import signal
    import time

    count = 0

    def on_signal(number, frame):
        global count
        count += 1

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1"):
        signal.signal(getattr(signal, name), on_signal)
    print("ready", flush=True)
    while not count:
        time.sleep(0.01)
    time.sleep(1.5)  # for a second one
    print(count)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_a_signal_reaches_the_program_once_whoever_it_was_sent_to(write, send, number):
    process = start(write(COUNTING), number)
    assert process.stdout.readline() == b"ready\n"
    send(process.pid, number)
    stdout, stderr = process.communicate(timeout=40)
    assert (stdout, process.returncode) == (b"1\n", 0), stderr.decode()


def test_a_signal_to_the_command_and_then_to_its_group_reaches_the_program_once(write):
    process = start(write(COUNTING), signal.SIGTERM)
    assert process.stdout.readline() == b"ready\n"
    os.kill(process.pid, signal.SIGTERM)  # as the command `timeout` does
    os.killpg(process.pid, signal.SIGTERM)
    stdout, _ = process.communicate(timeout=40)
    assert stdout == b"1\n"


def start(program, number):
    """Start a program that hears a signal: under nohup, for instance, a program inherits that it is ignored."""
    before = signal.signal(number, signal.SIG_DFL)
    try:
        return program.start()
    finally:
        signal.signal(number, before)


def test_if_the_command_is_killed_the_program_ends_too_and_what_was_recorded_is_shown(write):
    body = "pool = multiprocessing.Pool(1); pool.map(work, [0.0]); print(os.getpid(), flush=True); pool.map(work, [60])"
    program = write(f"{TASKS}    {body}")
    process = program.start()
    pid = int(process.stdout.readline())
    process.kill()
    _, stderr = process.communicate(timeout=40)  # until all that have its stderr are gone
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    said = b" ".join(stderr.split()).decode()
    assert "ran 1 task of work" in said
    assert "ended by the signal SIGKILL. Tasks that had not ended by then are missing here. See" in said
    assert len(program.pages) == 1
    assert program.left_over() == []


def test_ctrl_c_reaches_the_program_and_the_command_waits_for_it(write):
    program = write(
        TASKS
        + """
    try:
        pool = multiprocessing.Pool(1)
        pool.map(work, [0.0])
        print("ready", flush=True)
        pool.map(work, [60])
    except KeyboardInterrupt:
        pool.terminate()
        time.sleep(0.5)
        print("tidied up")
        sys.exit(4)
    """
    )
    process = program.start()
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=40)
    assert (stdout, process.returncode) == (b"tidied up\n", 4)
    assert b"ran 2 tasks of work" in b" ".join(stderr.split())
    assert b"1 task never came back" in b" ".join(stderr.split())


def test_a_fork_of_the_program_is_left_alone(write):
    program = write(
        TASKS
        + """
    child = os.fork()
    with multiprocessing.Pool(1) as pool:
        print(len(pool.map(work, [0.0] * (3 if child else 5))))
    if child:
        os.waitpid(child, 0)
    """
    )
    done = program.xrayed()
    assert sorted(done.stdout.split()) == [b"3", b"5"]
    assert "ran 3 tasks of work" in words(done)
    said = "1 pool was made in processes that the program forked, where nothing is X-rayed: at script.py:17. See"
    assert said in words(done)


def test_the_place_of_each_pool_in_a_fork_is_told_whatever_was_imported_there(write):
    program = write(
        TASKS
        + """
    def use_pools():
        import multiprocessing.pool
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        with multiprocessing.pool.ThreadPool(1) as pool:
            print(pool.map(work, [0.0]) == [os.getpid()])
        with ProcessPoolExecutor(1) as pool:
            print(pool.submit(work, 0.0).result() == os.getpid())
        with ThreadPoolExecutor(1) as pool:
            print(pool.submit(work, 0.0).result() == os.getpid())

    for _ in range(2):
        child = multiprocessing.Process(target=use_pools)
        child.start()
        child.join()
    """
    )
    done = program.xrayed()
    assert done.stdout.split() == [b"True", b"False", b"True"] * 2, done.stderr
    assert words(done) == (
        "No pool of the program was X-rayed. 6 pools were made in processes that the program forked, where nothing is "
        "X-rayed: at script.py:19 in use_pools, script.py:21 in use_pools, script.py:23 in use_pools."
    )


def test_a_worker_that_makes_a_pool_of_its_own_is_left_alone(write):
    program = write(
        TASKS
        + """
    import multiprocessing.pool

    class NoDaemonProcess(multiprocessing.Process):
        @property
        def daemon(self):
            return False

        @daemon.setter
        def daemon(self, value):
            pass

    class NoDaemonContext(type(multiprocessing.get_context("fork"))):
        Process = NoDaemonProcess

    class NoDaemonPool(multiprocessing.pool.Pool):
        def __init__(self, *args, **kwargs):
            kwargs["context"] = NoDaemonContext()
            super().__init__(*args, **kwargs)

    class OldNoDaemonPool(multiprocessing.pool.Pool):
        @staticmethod
        def Process(ctx, *args, **kwargs):
            return NoDaemonProcess(*args, **kwargs)

    def outer(number):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return sum(pool.map(abs, range(number)))

    def prepare():
        global READY
        READY = True

    def is_ready(number):
        return READY

    for kind in (NoDaemonPool, OldNoDaemonPool):
        with kind(2, prepare) as pool:
            print(pool.map(outer, [5, 6, 7]), pool.map(is_ready, [1, 2]))
            pool.close()
            pool.join()
    """
    )
    done = program.xrayed()
    assert done.stdout == b"[10, 15, 21] [True, True]\n" * 2, done.stderr.decode()
    assert "The program made 2 pools at 1 place" in words(done) or "2 pools ran 10 tasks" in words(done)
    assert "6 pools were made in processes that the program forked" in words(done)
    assert "at script.py:41 in outer. See" in words(done)


def test_a_program_that_ends_while_its_daemon_goes_on_is_not_waited_for(write):
    program = write(
        """
        import os, sys, time
        if os.fork():
            os._exit(0)
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        time.sleep(1)
        """
    )
    done = program.xrayed()
    assert done.returncode == 0
    assert "made no pool" in words(done)


SMALL_TASKS = """
    import multiprocessing
    import sys

    sys.path.append("site-packages")
    import sampler

    if __name__ == "__main__":
        ranges = [range(5000)] * 10_000  # so long that a pool pays, under each start method
        with multiprocessing.Pool(2) as pool:
            {call}
"""
SAMPLER = """
def sample(pool, values, **keywords):
    return list(pool.map(sum, values, **keywords))
"""
ABOUT_MAP = (
    "sampler calls map, not the program (sampler/ensemble.py:3 in sample): if it takes no chunksize, give it a pool, "
    "or a map, of yours that does, as with `pool.map = functools.partial(pool.map, chunksize="
)
ABOUT_APPLY = "apply_async takes no chunksize: hand the tasks in with map or imap_unordered, and chunksize="


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("sampler.sample(pool, ranges, chunksize=1)", ABOUT_MAP),
        ("pool.map(sum, ranges, 1)", ""),
        ("pool.map(sum, ranges, 1); sampler.sample(pool, [[1]])", ""),
        ("[r.get() for r in [pool.apply_async(sum, (each,)) for each in ranges]]", ABOUT_APPLY),
    ],
)
def test_where_no_line_of_the_program_can_name_a_chunksize_the_advice_says_how_to_follow_it(write, call, sentence):
    program = write(SMALL_TASKS.format(call=call))
    library = program.folder / "site-packages" / "sampler"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("from .ensemble import sample")
    (library / "ensemble.py").write_text(SAMPLER)
    said = words(program.xrayed())
    assert "chunksize=" in said
    told = {each for each in (ABOUT_MAP, ABOUT_APPLY) if each in said}
    assert told == ({sentence} if sentence else set())


def test_a_worker_that_dies_is_noted_and_the_program_goes_on_as_with_the_stock_pool(write):
    program = write(
        TASKS
        + """
    def die(_):
        os.kill(os.getpid(), signal.SIGKILL)

    if __name__ == "__main__":
        with multiprocessing.Pool(2) as pool:
            lost = pool.apply_async(die, (0,))
            try:
                lost.get(timeout=1)
            except multiprocessing.TimeoutError:
                print("never came")
            print(len(pool.map(work, [0.01] * 6, 1)))
    """
    )
    done = program.xrayed()
    assert done.stdout == b"never came\n6\n", done.stderr.decode()
    assert "was killed by SIGKILL" in words(done)
    assert "1 task never came back" in words(done)


def test_a_failure_that_nobody_asked_for_is_told_at_the_end_and_not_among_the_output(write):
    program = write(TASKS + "    with multiprocessing.Pool(1) as pool:\n        pool.apply_async(abs, ('a',)).wait()\n"
                    "    print('end', file=sys.stderr)")  # fmt: skip
    assert program.plain().stderr == b"end\n"
    assert program.xrayed().stderr.startswith(b"end\nX-ray: ")


@pytest.mark.parametrize(("name", "text"), [("helpers.py", "WORD = 1"), ("helpers/__init__.py", "")])
def test_a_program_with_helpers_of_its_own_is_refused_before_anything_runs(write, name, text):
    program = write("")
    project = program.folder / "project"
    (project / name).parent.mkdir(parents=True)
    (project / name).write_text(text)
    (project / "script.py").write_text("print('ran')")
    done = program.run([sys.executable, "-m", "helpers.xray", "project/script.py"])
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"xray: the program has a module of its own that is called helpers" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no.py"], "xray: there is no file 'no.py'."),
        ([], "which program? Name a script, or a module after -m"),
        (["-m"], "which program? Name a script, or a module after -m"),
        (["--what", "script.py"], "unrecognized arguments: --what"),
        (["--deadline", "0", "script.py"], "the deadline must be a number of seconds above 0"),
    ],
)
def test_what_cannot_be_run_is_refused_with_one_sentence(write, arguments, sentence):
    done = write("").run([sys.executable, "-m", "helpers.xray", *arguments])
    assert done.returncode == 2
    assert done.stderr.decode().rstrip().endswith(sentence)
    assert b"Traceback" not in done.stderr


def test_a_package_that_is_not_installed_is_missed_before_the_program_runs(monkeypatch, capsys, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("print('it runs')")
    monkeypatch.setattr(command, "NEEDED", ("numpy", "abacus_of_wood"))
    assert command.main([str(script)]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.endswith(" -m pip install abacus_of_wood.\n")


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        ("loky", "Loky (joblib's default) pickles its tasks in a way of its own, so its pools are not X-rayed."),
        ("multiprocessing", "MemmappingPool has a method _setup_queues of its own, so it is not X-rayed."),
    ],
)
def test_pools_of_joblib_work_and_a_sentence_says_why_they_are_not_shown(write, backend, sentence):
    program = write("""
        import sys
        from math import sqrt

        from joblib import Parallel, delayed

        if __name__ == "__main__":
            print(Parallel(n_jobs=2, backend=sys.argv[1])(delayed(sqrt)(i) for i in range(4)))
    """)
    done = program.xrayed(backend)
    assert done.stdout == b"[0.0, 1.0, 1.4142135623730951, 1.7320508075688772]\n"
    assert words(done) == f"No pool of the program was X-rayed. {sentence}"


ONE_POOL = """
    import multiprocessing

    if __name__ == "__main__":
        with multiprocessing.Pool(1) as pool:
            print(pool.map(abs, [-1, 2]))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of Unix")
@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_without_a_stderr_the_output_and_the_exit_code_are_the_programs(write, stderr):
    if stderr.endswith("full") and not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    program = write(ONE_POOL)
    done = program.run(["sh", "-c", f"exec {sys.executable} -m helpers.xray script.py {stderr}"])
    assert done.stdout == b"[1, 2]\n"
    assert done.returncode == 0
    assert len(program.pages) == 1


def test_half_a_page_is_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("helpers.program.page.page", broken)
    recording = Recording((), {})
    with pytest.raises(OSError, match="no room"):
        _write(["script.py"], recording, 0)
    assert list(tmp_path.glob("xray_*")) == []


def broken(*_: object) -> str:
    raise OSError("no room is left")
