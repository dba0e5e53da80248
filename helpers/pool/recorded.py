"""What an X-rayed pool shows of its recorder: the run so far, and how many tasks are in it."""

import itertools
import time
from collections.abc import Mapping

from helpers.pool.recorder import Recorder, decode
from helpers.spans import Load, Run, Span, Worker


class Recorded:
    """The part of a pool or an executor that keeps a `Recorder`, and makes a `Run` of it."""

    processes: int
    start_method: str
    _recorder: Recorder
    _began: float

    def reset(self) -> None:
        """Forget the spans so far: the next run begins now. Use it after a warm-up."""
        self._began = time.perf_counter()
        self._recorder = Recorder()

    @property
    def run(self) -> Run:
        """What the workers did since the pool was created, or since `reset`: the tasks delivered, or lost, so far."""
        spans, ready = self._recorded()
        ended = max((span.delivered for span in spans), default=self._began)
        return self._make_run(spans, ready, ended)

    @property
    def tasks_done(self) -> int:
        """How many tasks `run` would have: those delivered, or lost, so far."""
        return self._recorder.count

    def _recorded(self) -> tuple[list[Span], dict[int, float]]:
        records, ready = self._recorder.snapshot()
        rows = itertools.chain.from_iterable(map(decode, records))
        return sorted(itertools.starmap(Span, rows)), ready

    def _make_run(self, spans: list[Span], ready: Mapping[int, float], ended: float) -> Run:
        workers = sorted((Worker(pid, moment) for pid, moment in ready.items()), key=lambda worker: worker.ready)
        size = max(self._recorder.functions.copy().values(), default=0)
        return Run(
            tuple(spans), tuple(workers), self.processes, self.start_method, self._began, ended, self._load(), size
        )

    def _load(self) -> Load | None:
        """Return what the CPUs did meanwhile, if that is known."""
        return None
