"""`XrayPool`: a drop-in for `multiprocessing.Pool` that records a span for every task.

It is a guarded pool (`helpers.pool.supervisor`) whose messages note the moments of their journey (`helpers.pool.messages`). The caller
gets exactly what the stock pool would give: plain values in the same order, the same exceptions, the same callbacks.
"""

import time
from collections.abc import Callable, Iterable
from multiprocessing.context import BaseContext
from typing import Any

from helpers.pool.errors import PoolError, PoolStopped, TaskFailed, TookTooLong, WorkerDied
from helpers.pool.messages import Call, call_of
from helpers.pool.recorder import OUT, Recorder
from helpers.pool.supervisor import GuardedPool
from helpers.pool.worker import Note, held
from helpers.spans import OUTCOMES, Run, Span, Worker

__all__ = ["PoolError", "PoolStopped", "TaskFailed", "TookTooLong", "WorkerDied", "XrayPool"]


class XrayPool(GuardedPool):
    """A `multiprocessing.Pool` that records what every worker did, and gives the same results.

    Take it as you take the stock pool, and read `run` afterwards:

        with XrayPool(5) as pool:
            results = pool.map(function, chunks)
        pool.run

    Its arguments and errors are those of `GuardedPool`: it fails at once where the stock pool would hang.

    An exception of a task comes home as from the stock pool, with one more attribute: `xray`, the task's number.
    The tasks of its chunk that were to follow are given up, as by the stock pool, and have no span. The tasks that
    are under way when the pool ends, or when their worker dies, end as `lost`.
    """

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., object] | None = None,
        initargs: Iterable[Any] = (),
        maxtasksperchild: int | None = None,
        context: BaseContext | None = None,
        limit: float | None = None,
    ) -> None:
        self.reset()
        super().__init__(processes, initializer, initargs, maxtasksperchild, context, limit)

    def reset(self) -> None:
        """Forget the spans so far: the next run begins now. Use it after a warm-up."""
        self._began = time.perf_counter()
        self._recorder = Recorder()

    @property
    def run(self) -> Run:
        """What the workers did since the pool was created, or since `reset`: the tasks delivered, or lost, so far."""
        spans = sorted(map(_span, self._recorder.tasks_ended()), key=lambda span: span.task)
        ready = sorted(self._recorder.ready.items(), key=lambda item: item[1])
        workers = tuple(Worker(pid, moment) for pid, moment in ready)
        ended = max((span.delivered for span in spans), default=self._began)
        return Run(tuple(spans), workers, self.processes, self.start_method, self._began, ended)

    @property
    def tasks_done(self) -> int:
        """How many tasks `run` would have: those delivered, or lost, so far."""
        return self._recorder.count

    @property
    def live(self) -> Run:
        """`run` up to this moment, for a picture that grows.

        The tasks under way end now, with the outcome "running"; of a chunk, only the task that its worker holds. All
        workers that live are among the workers, and who is not ready yet is ready now.
        """
        now = time.perf_counter()
        spans = {span.task: span for span in self.run.spans}
        ready = dict(self._recorder.ready)
        for worker in [worker for worker in self._workers.copy() if worker.pid and worker.is_alive()]:
            note = held(self._notes.name, worker.pid)
            ready.setdefault(worker.pid, note.ready or now)
            call = call_of(note.key)
            if call is not None and call.recorder is self._recorder and note.task not in spans:
                out = self._recorder.packed.get(note.task)
                if out is not None:
                    spans[note.task] = _running(worker.pid, note, out, now)
        workers = tuple(Worker(pid, moment) for pid, moment in sorted(ready.items(), key=lambda item: item[1]))
        ordered = tuple(spans[task] for task in sorted(spans))
        return Run(ordered, workers, self.processes, self.start_method, self._began, now)

    def _new_call(self, function: Callable[..., Any], how: str) -> Call:
        return Call(function, how, self._recorder)

    def _last_look(self) -> None:
        for pid, note in self._held():
            call = call_of(note.key)
            if call is not None:
                call.recorder.lose(pid, note.ready, note.task, (note.arrived, note.received, note.started))


def _running(worker: int, note: Note, out: bytes, now: float) -> Span:
    received, started = note.received or now, note.started or now
    work = (note.arrived, received, started, now, 0.0, now, now)
    return _span((note.task, *OUT.unpack(out), *work, worker, OUTCOMES.index("running"), 0, now, now))


def _span(ended: tuple[Any, ...]) -> Span:
    task, bytes_in, submitted, packed, sent, *work, worker, outcome, bytes_out, landed, delivered = ended
    arrived, received, started, finished, cpu, returned, replied = work
    return Span(
        task=task,
        worker=worker,
        submitted=submitted,
        packed=packed,
        sent=sent,
        arrived=arrived,
        received=received,
        started=started,
        finished=finished,
        returned=returned,
        replied=replied,
        landed=landed,
        delivered=delivered,
        cpu=cpu,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        outcome=OUTCOMES[outcome],
    )
