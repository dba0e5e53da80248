"""The pool that takes the place of the stock one in a program: it records, and is otherwise the stock pool.

Programs may rely on whatever `multiprocessing.Pool` does, on its failures, too. So this pool is less helpful than an
`XrayPool`: it refuses nothing, and goes on when a worker dies, as the stock pool does.
"""

import functools
import itertools
from collections.abc import Callable, Collection, Iterable
from multiprocessing.context import BaseContext
from multiprocessing.pool import Pool, ThreadPool
from typing import Any

from helpers.pool import errors
from helpers.pool.errors import WorkerDied
from helpers.pool.load import LoadMeter
from helpers.pool.messages import Call
from helpers.pool.recorded_run import Recorded
from helpers.pool.recorder import Recorder, recorder_of
from helpers.pool.supervisor import Supervisor, describe_death
from helpers.pool.worker_context import Worker, WorkerContext
from helpers.program.calls import APPLY, MAP
from helpers.program.journal import (
    CALLED,
    FUNCTION,
    LOAD,
    LOAD_ENTRY,
    MADE,
    NOTE,
    RECORD,
    RECORD_HEAD,
    Journal,
    note_elsewhere,
)
from helpers.program.places import Line, lines_that_made
from helpers.program.stock_tracebacks import ProgramApplyResult, ProgramIterator, ProgramResult
from helpers.spans import IN_THREADS
from helpers.xray import Function, XrayPool

_numbers = itertools.count()
_journal: Journal


class JournalRecorder(Recorder):
    """A recorder that writes what it is told into the journal, and keeps nothing of it."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self.pool = next(_numbers)
        self._journal = journal
        self._functions: dict[str, int] = {}
        self._callers: set[tuple[str, Line | None]] = set()

    def made(self, pool: object, kind: str, processes: int, start_method: str, began: float) -> None:
        """Note that a pool was made, and where."""
        if not self._journal.is_mine:
            note_elsewhere(self._journal.path, repr(lines_that_made(pool)).encode(errors="replace"))
            return
        facts = {"pool": self.pool, "kind": kind, "processes": processes, "start_method": start_method}
        facts |= {"began": began, "lines": lines_that_made(pool)}
        self._journal.add(MADE, repr(facts).encode(errors="replace"))

    def note_caller(self, pool: object, how: str) -> None:
        """Note how the pool is called (`helpers.program.calls`); and if map is, which cuts the work, by which line."""
        caller = next(iter(lines_that_made(pool)), None) if how == MAP else None
        if (how, caller) not in self._callers:
            self._callers.add((how, caller))
            self._journal.add(CALLED, repr((self.pool, how, caller)).encode(errors="replace"))

    def note_function(self, name: str, size: int) -> None:
        before = self.functions.get(name, -1)
        super().note_function(name, size)
        if size > before:
            self._journal.add(FUNCTION, repr((self.pool, self._number(name), name, size)).encode(errors="replace"))

    def _number(self, function: str) -> int:
        """Return the number of a function, which stands for its name."""
        return self._functions.setdefault(function, len(self._functions))

    def _keep(self, function: str, worker: int, ready: float, record: bytes, tasks: int) -> None:
        if function not in self.functions:  # a thread's, which is not pickled
            self.note_function(function, 0)
        number = self._number(function)
        self._journal.add(RECORD, RECORD_HEAD.pack(self.pool, number, ready) + record)
        self.ready[worker] = ready
        self.count += tasks
        if self.on_keep is not None:
            self.on_keep()


class JournalMeter(LoadMeter):
    """A meter that writes what it finds into the journal."""

    def __init__(self, recorder: JournalRecorder, workers: Collection[int], threads: bool) -> None:
        super().__init__(workers, threads)
        self._recorder = recorder

    def look(self, workers: Collection[int]) -> bool:
        found = super().look(workers)
        if found and self.latest is not None:
            _journal.add(LOAD, LOAD_ENTRY.pack(self._recorder.pool, *self.latest))
        return found


class Hidden:
    """A name that X-rayed pools have and the stock ones have not: a program does not see it, and may take it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        whose = f"type object {owner.__name__!r}" if instance is None else f"{owner.__name__!r} object"
        raise AttributeError(f"{whose} has no attribute {self._name!r}")


class InJournal(Recorded):
    """What each pool of a program shares: its recorder and its meter write into the journal.

    Public names are left to the program: a subclass may have a method `reset`, or a property `processes`.
    """

    run: Any = Hidden("run")
    live: Any = Hidden("live")
    reset: Any = Hidden("reset")
    tasks_done: Any = Hidden("tasks_done")
    _recorder: JournalRecorder

    def _xray_publish(self) -> None:
        pass

    def _new_recorder(self) -> JournalRecorder:
        return JournalRecorder(_journal)

    def _new_meter(self, workers: Collection[int]) -> JournalMeter:
        return JournalMeter(self._recorder, workers, threads=self._xray_method in IN_THREADS)


class WatchingSupervisor(Supervisor):
    """A supervisor that notes the death of a worker, which the stock pool replaces, and lets the pool go on."""

    def _worker_fault(self) -> WorkerDied | None:
        while (fault := super()._worker_fault()) is not None:
            dead = [worker for worker in self.context.workers.copy() if worker.pid == fault.worker]
            if not dead:
                break
            for worker in dead:
                self._note_death(worker)
                self.context.workers.remove(worker)
        return None

    def _note_death(self, worker: Worker) -> None:
        death, held = describe_death(worker, worker.process.exitcode), worker.note.held
        errors.report(death if held is None else f"{death}; the result of this task never arrives")
        recorder = recorder_of(held.recorder) if held is not None else None
        if held is not None and recorder is not None:
            recorder.lose(held)


class ProgramPool(InJournal, XrayPool):
    """`multiprocessing.pool.Pool` of a program that is X-rayed.

    In a fork of the program, and for a subclass with queues of its own (joblib's), it is the stock pool and nothing
    more. So it is for pools of threads, which are pools in a program, too, and record in a way of their own
    (`helpers.program.executors`).
    """

    _is_stock = False
    _xray_begun = False
    _supervisor_type = WatchingSupervisor
    _result_type = ProgramResult
    _apply_type = ProgramApplyResult
    _iterator_type = ProgramIterator

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
        **more: Any,
    ) -> None:
        if isinstance(self, ThreadPool):
            if not self._xray_begun:
                self._xray_begun = True
                given = {"maxtasksperchild": maxtasksperchild, "context": context}  # which it refuses
                more |= {name: value for name, value in given.items() if value is not None}
                super(Recorded, self).__init__(processes, initializer, initargs, **more)
            else:  # as the stock class of threads calls it
                Pool.__init__(self, processes, initializer, initargs)
            return
        has_own_queues = type(self)._setup_queues is not ProgramPool._setup_queues
        if has_own_queues or not _journal.is_mine:
            self._is_stock = True
            Pool.__init__(self, processes, initializer, initargs, maxtasksperchild, context, **more)
            if not _journal.is_mine:
                self._new_recorder().made(self, "", 0, "", 0.0)
            elif has_own_queues:
                errors.report(f"{type(self).__name__} has a method _setup_queues of its own, so it is not X-rayed")
            return
        if processes is not None:
            if processes < 1:
                raise ValueError("Number of processes must be at least 1")  # the stock pool's words
            processes = len(range(processes))  # a TypeError of the stock pool, too
        super().__init__(processes, initializer, initargs, maxtasksperchild, context, **more)
        self._recorder.made(self, type(self).__name__, self._xray_processes, self._xray_method, self._began)

    @staticmethod
    def _repopulate_pool_static(ctx: Any, Process: Any, *more: Any) -> Any:
        """Make workers. A subclass may have a `Process` of its own, so the worker's function is wrapped before that."""
        if isinstance(ctx, WorkerContext):
            Process = functools.partial(_make_worker, Process)
        return Pool._repopulate_pool_static(ctx, Process, *more)  # type: ignore[attr-defined]

    def _new_call(self, function: Callable[..., Any], how: str) -> Call:
        self._check_running()  # type: ignore[attr-defined] # raises what the stock pool raises
        self._recorder.note_caller(self, APPLY if how == "apply" else MAP)
        return super()._new_call(function, how)

    def _check_main(self) -> None:
        pass

    def _check_function(self, function: Function) -> None:
        pass

    def _report_unread(self) -> None:
        """The stock pool says nothing of failures that nobody has asked for."""


def _make_worker(make_process: Callable[..., Any], ctx: WorkerContext, *more: Any, **keywords: Any) -> Any:
    return ctx.make_worker(functools.partial(make_process, ctx.original), *more, **keywords)


def _choosing(name: str) -> Callable[..., Any]:
    """Return a method that is that of the stock pool, of processes or of threads, or the X-rayed one."""
    xrayed = getattr(XrayPool, name)

    @functools.wraps(getattr(Pool, name))
    def method(self: ProgramPool, *arguments: Any, **keywords: Any) -> Any:
        if self._is_stock:
            return getattr(super(Recorded, self), name)(*arguments, **keywords)
        return xrayed(self, *arguments, **keywords)

    return method


def disguise(made: type, stock: type) -> None:
    """Give a class the name of the stock one, which programs print."""
    made.__name__, made.__qualname__, made.__module__ = stock.__name__, stock.__qualname__, stock.__module__
    made.__doc__ = stock.__doc__
    functools.update_wrapper(made.__init__, stock.__init__)  # type: ignore[misc]


ENDING = ("join", "terminate", "_setup_queues", "__del__", "__exit__")
"""What `XrayPool` has of its own, and a pool of threads has from its stock class alone."""

for _name in ("_map_async", "apply_async", "imap", "imap_unordered", *ENDING):
    setattr(ProgramPool, _name, _choosing(_name))
disguise(ProgramPool, Pool)


def use(journal: Journal) -> None:
    """Let all pools write into this journal, and what they have to tell, too."""
    global _journal
    _journal = journal
    errors.listeners[:] = [lambda text: journal.add(NOTE, text.encode(errors="replace"))]
