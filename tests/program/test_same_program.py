"""With the X-ray a program prints, returns and raises what it does without, under every start method."""

import os
import re
import sys

import pytest

from helpers.machine import start_methods

EVERYTHING = """
    import multiprocessing
    import multiprocessing.pool
    import os
    import sys
    import threading

    def square(number):
        if number == 13:
            raise ValueError("thirteen")
        return number * number

    def add(a, b=0):
        return a + b

    def prepare(offset):
        global OFFSET
        OFFSET = offset

    def shifted(number):
        return number + OFFSET

    class Mine(multiprocessing.pool.Pool):
        def __init__(self, size):
            self.size = size
            super().__init__(size)

    def main():
        print(sys.argv, sys.flags, sys.orig_argv, __name__, __spec__, os.getcwd())
        print(sorted(item for item in os.environ.items() if item[0] != "_"), sys.path)
        print("sitecustomize" in sys.modules, threading.active_count())
        with multiprocessing.Pool(2) as pool:
            print(pool, type(pool), isinstance(pool, multiprocessing.pool.Pool), pool._processes)
            print(pool.map(square, range(10)), pool.starmap(add, [(1, 2), (3, 4)]), pool.apply(add, (1,), {"b": 5}))
            print(list(pool.imap(square, iter(range(5)), 2)), sorted(pool.imap_unordered(square, range(5))))
            print(pool.map_async(square, range(3), callback=print).get(), pool.map(square, []))
            for call in (pool.map, pool.imap):
                try:
                    list(call(square, [12, 13, 14]))
                except ValueError as error:
                    print(repr(error))
            try:
                pool.map(lambda number: number, [1])
            except Exception as error:
                print(type(error), str(error).split(" at 0x")[0])
        try:
            pool.map(square, [1])
        except ValueError as error:
            print(error)
        with multiprocessing.get_context().Pool(1, prepare, (5,), 2) as pool:
            print(pool.map(shifted, range(6), 1))
            pool.close()
            pool.join()
        with Mine(2) as pool:
            print(type(pool).__mro__[1], pool.size, pool.map(square, [5]))
        with multiprocessing.pool.ThreadPool(2) as pool:
            print(isinstance(pool, multiprocessing.pool.Pool), issubclass(type(pool), multiprocessing.pool.Pool))
            print(pool, pool.map(square, [6]), pool.apply(add, (1,)))
        for wrong in (0, -1, "2", 1.0):
            try:
                multiprocessing.Pool(wrong)
            except Exception as error:
                print(repr(error))
        sys.stdout.buffer.write(bytes(range(256)))
        print(sys.stdin.read())

    if __name__ == "__main__":
        multiprocessing.set_start_method(sys.argv[1])
        main()
        sys.exit(3)
"""


def without_addresses(text):
    """Leave out what differs anyway, and what Python 3.14 says of a message in which something cannot be pickled."""
    return re.sub(rb" at 0x[0-9a-f]+|when serializing .*\n", b"", text)


def same(program, *arguments, **keywords):
    """Run a program as it is and with the X-ray, compare them, and return the second run."""
    plain, xrayed = program.plain(*arguments, **keywords), program.xrayed(*arguments, **keywords)
    assert xrayed.stdout == plain.stdout
    assert xrayed.returncode == plain.returncode, xrayed.stderr.decode()
    assert without_addresses(xrayed.stderr).startswith(without_addresses(plain.stderr))
    assert b"X-ray: " in xrayed.stderr
    assert program.left_over() == []
    return xrayed


@pytest.mark.parametrize("method", start_methods())
def test_everything_that_pools_do_is_the_same(write, method):
    done = same(write(EVERYTHING), method, "--deadline", "-m", stdin=b"a line\nand another")
    assert done.returncode == 3
    assert b"a line\nand another" in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        "import sys; sys.exit('a reason')",
        "raise SystemExit(7)",
        "1 / 0",
        "def broken(:",
        "print(input()); input()",
        "import multiprocessing.pool, os; os._exit(5)",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
        "raise KeyboardInterrupt",
        "import sys; sys.stdout.close(); sys.stderr.flush()",
    ],
)
def test_an_end_is_the_same_and_without_a_pool_there_is_one_sentence_and_no_page(write, text):
    program = write(text)
    done = same(program, stdin=b"line\n")
    assert done.stderr.endswith(b"X-ray: The program itself made no pool, so there is nothing to show.\n")
    assert program.pages == []


def test_a_traceback_of_the_program_is_the_same(write):
    same(write("def f():\n    raise ValueError('no')\n\nimport multiprocessing.pool\nf()"))


def test_a_module_is_run_as_python_runs_it(write):
    program = write("")
    package = program.folder / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    text = "import sys\nfrom . import __name__ as name\nprint(name, __spec__.name, sys.argv[1:], sys.path[0])"
    (package / "__main__.py").write_text(text)

    plain = program.run([sys.executable, "-m", "package", "-x", "y"])
    xrayed = program.run([sys.executable, "-m", "helpers.xray", "-m", "package", "-x", "y"])
    assert plain.stdout
    assert (xrayed.stdout, xrayed.returncode) == (plain.stdout, plain.returncode)


def test_a_sitecustomize_of_the_user_is_imported(write):
    program = write("import sitecustomize; print(sitecustomize.__file__, sitecustomize.WORDS)")
    (program.folder / "site").mkdir()
    (program.folder / "site" / "sitecustomize.py").write_text("WORDS = __name__, __spec__.name, 'mine'")

    path = os.pathsep.join([str(program.folder / "site"), program.environment({})["PYTHONPATH"]])
    done = same(program, PYTHONPATH=path)
    assert b"mine" in done.stdout


def test_options_of_python_are_passed_on(write):

    program = write("import sys, warnings; print(sys.flags, sys.orig_argv, sys.warnoptions); warnings.warn('a')")
    options = ["-O", "-W", "error", "-X", "dev"]
    plain = program.run([sys.executable, *options, "-u", "script.py", "a"])
    xrayed = program.run([sys.executable, *options, "-um", "helpers.xray", "script.py", "a"])
    assert plain.returncode == 1
    assert (xrayed.stdout, xrayed.returncode) == (plain.stdout, plain.returncode)


FAILURES = """
    import multiprocessing
    import sys

    def fail(*numbers):
        try:
            return [][3]
        except IndexError as error:
            raise ValueError(numbers) from error

    if __name__ == "__main__":
        multiprocessing.set_start_method(sys.argv[1])
        with multiprocessing.Pool(1) as pool:
            {call}
"""


@pytest.mark.parametrize("method", start_methods())
@pytest.mark.parametrize(
    "call",
    [
        "pool.map(fail, [1])",
        "pool.starmap(fail, [(1, 2)])",
        "pool.apply(fail, (1,))",
        "pool.map_async(fail, [1]).get(9)",
        "list(pool.imap(fail, [1]))",
        "for result in pool.imap_unordered(fail, [1]): print(result)",
        "pool.map(lambda value: value, [1])",
    ],
)
def test_a_traceback_of_a_task_is_the_same(write, call, method):
    if method == "spawn" and "starmap" not in call:
        pytest.skip("takes long, and differs in nothing but the start of workers")
    assert same(write(FAILURES.format(call=call)), method).returncode == 1


SUBCLASSES = """
    import functools
    from abc import ABC, abstractmethod
    from multiprocessing.pool import Pool, ThreadPool
    from typing import Protocol

    class Singleton(type):
        one = None

        def __call__(cls, *arguments):
            if cls.one is None:
                cls.one = super().__call__(*arguments)
            return cls.one

    class Named(ABC):
        @abstractmethod
        def name(self):
            ...

    class OnePool(Pool, metaclass=Singleton):
        pass

    class NamedPool(Pool, Named):
        def name(self):
            return "processes"

    class NamedThreads(ThreadPool, Named):
        def name(self):
            return "threads"

    class OneThreadPool(ThreadPool, metaclass=Singleton):
        pass

    class Mapper(Protocol):
        def map(self, function, values):
            ...

    class MapperThreads(ThreadPool, Mapper):
        pass

    class Both(NamedPool, ThreadPool):
        pass

    @functools.singledispatch
    def told(pool):
        return "something else"

    @told.register
    def of_pool(pool: Pool):
        return "a pool"

    if __name__ == "__main__":
        for kind in (OnePool, NamedPool, NamedThreads, ThreadPool, OneThreadPool, MapperThreads):
            with kind(2) as pool:
                print(pool.map(abs, range(3)), getattr(pool, "name", str)(), isinstance(pool, Pool))
                print([issubclass(kind, other) for other in (Pool, ThreadPool, Named)], issubclass(Pool, kind))
                print(told(pool), Pool.apply_async(pool, abs, (-5,)).get())
        print(OnePool(3) is OnePool(4), type(OnePool), type(NamedPool), type(Pool), type(ThreadPool), Both.__name__)
"""


def test_subclasses_with_a_metaclass_of_their_own_are_the_same(write):
    xrayed = same(write(SUBCLASSES))
    assert b"The program made 6 pools at 2 places." in b" ".join(xrayed.stderr.split())


OWN_NAMES = """
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing.pool import Pool, ThreadPool

    class Mine:
        done = 0

        def __init__(self, number):
            self.start_method = "my own"
            self.live = True
            super().__init__(number)
            self.reset()

        def reset(self):
            self.done = 0

        @property
        def processes(self):
            return "some"

        def run(self, function, values):
            self.done += len(values)
            return list(self.map(function, values))

        def _start(self):
            return "started"

    if __name__ == "__main__":
        for base in (Pool, ThreadPool, ProcessPoolExecutor, ThreadPoolExecutor):
            with type("Own", (Mine, base), {})(2) as pool:
                print(pool.run(abs, [-1, 2]), pool.done, pool.processes, pool.start_method, pool._start())
                print(hasattr(base, "run"), hasattr(base, "tasks_done"), pool.live)
"""


def test_subclasses_have_their_own_names_for_themselves(write):
    assert b"4 pools ran 8 tasks" in b" ".join(same(write(OWN_NAMES)).stderr.split())


MISTAKES = """
    import traceback
    from multiprocessing.pool import ThreadPool

    class Base(ThreadPool):
        def __init__(self, number):
            print("a base of", number)
            super().__init__(number)

    class Derived(Base):
        pass

    if __name__ == "__main__":
        with Derived(2) as pool:
            print(pool.map(abs, [-1]))
            for wrong in (pool.join, lambda: pool.join(1), lambda: pool.terminate(1)):
                try:
                    wrong()
                except (TypeError, ValueError):
                    traceback.print_exc()
"""


def test_mistakes_with_pools_of_threads_are_the_same(write):
    same(write(MISTAKES))


REPLACED = """
    import multiprocessing
    from unittest import mock

    original = multiprocessing.Pool

    def logged(*arguments):
        print("a pool of", arguments, type(original))
        return original(*arguments)

    if __name__ == "__main__":
        multiprocessing.Pool = logged
        for number in (1, 2):
            with multiprocessing.Pool(number) as pool:
                print(pool.map(abs, [-number]))
        multiprocessing.Pool = original
        with mock.patch("multiprocessing.pool.Pool") as fake:
            multiprocessing.Pool(3)
        print(fake.call_count, type(multiprocessing.Pool))
        try:
            isinstance(3, multiprocessing.Pool)
        except TypeError as error:
            print(error)
"""


def test_what_a_program_puts_in_the_place_of_pools_stays_there(write):
    assert b"2 pools ran 2 tasks" in b" ".join(same(write(REPLACED)).stderr.split())


EXECUTORS = """
    import asyncio
    import concurrent.futures
    import multiprocessing
    import sys
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
    from multiprocessing.pool import Pool, ThreadPool

    def work(number):
        return sum(range(number))

    def fail(number):
        raise ValueError(number)

    async def main():
        print(await asyncio.gather(*(asyncio.to_thread(work, number) for number in range(4))))
        with ThreadPoolExecutor(2) as executor:
            print(await asyncio.get_running_loop().run_in_executor(executor, work, 5))

    if __name__ == "__main__":
        multiprocessing.set_start_method(sys.argv[1])
        with ProcessPoolExecutor(2) as executor:
            print(list(executor.map(work, range(10), chunksize=3)), executor.submit(work, 3).result(), type(executor))
        with concurrent.futures.ThreadPoolExecutor(3) as executor:
            print(list(executor.map(work, range(10))), type(executor.submit(work, 1)), type(executor))
            print(isinstance(executor, ThreadPoolExecutor))
        with ThreadPool(2) as pool:
            print(pool.map(work, range(5)), isinstance(pool, Pool), pool)
        asyncio.run(main())
        with eval(sys.argv[2])(1) as executor:
            failed = executor.submit(fail, 3)
            concurrent.futures.wait([failed])  # `result` raises from another line if it has to wait itself
            failed.result()
"""


@pytest.mark.parametrize("kind", ["ProcessPoolExecutor", "ThreadPoolExecutor"])
@pytest.mark.parametrize("method", start_methods())
def test_executors_and_threads_are_the_same(write, method, kind):
    assert same(write(EXECUTORS), method, kind).returncode == 1


INTERPRETERS = """
    import sys

    def work(number):
        return sum(range(number))

    if __name__ == "__main__":
        exec(f"from {sys.argv[1]} import InterpreterPoolExecutor")
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_default_executor(InterpreterPoolExecutor(2))
            print(await asyncio.gather(*(loop.run_in_executor(None, work, number) for number in range(6))))

        asyncio.run(main())
        with InterpreterPoolExecutor(2, initializer=work, initargs=(3,)) as executor:
            print(list(executor.map(work, range(4))), type(executor), isinstance(executor, ThreadPoolExecutor))
        with ThreadPoolExecutor(2) as executor:
            print(list(executor.map(work, range(4))), isinstance(executor, InterpreterPoolExecutor))
"""


@pytest.mark.skipif(sys.version_info < (3, 14), reason="Python has such an executor from 3.14 on")
@pytest.mark.parametrize("module", ["concurrent.futures", "concurrent.futures.interpreter"])
def test_an_executor_of_interpreters_is_one_of_threads_whichever_is_imported_first(write, module):
    said = b" ".join(same(write(INTERPRETERS), module).stderr.split())
    assert b"The program made 3 pools at 3 places" in said
    assert b"could not be put in place" not in said
