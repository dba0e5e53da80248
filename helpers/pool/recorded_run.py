"""What an X-rayed pool shows of its recorder: the run so far, and how many tasks are in it."""

import itertools
import time
from collections.abc import Collection, Mapping
from functools import partial
from multiprocessing.pool import IMapIterator
from typing import TYPE_CHECKING, Any

from helpers.pool.load import LoadMeter
from helpers.pool.recorder import Recorder, decode
from helpers.spans import IN_THREADS, Load, Run, Span, Worker

if TYPE_CHECKING:
    Results = IMapIterator[Any]
else:
    Results = IMapIterator  # which takes no type when it runs


class Recorded:
    """The part of a pool or an executor that keeps a `Recorder`, and makes a `Run` of it."""

    processes: int
    start_method: str
    _xray_processes: int
    _xray_method: str
    _recorder: Recorder
    _meter: LoadMeter
    _began = 0.0

    def reset(self) -> None:
        """Forget the spans so far: the next run begins now. Use it after a warm-up."""
        self._xray_begin()

    def _xray_publish(self) -> None:
        """Show how many workers there are, and how they start. In here, nobody relies on the public names."""
        self.processes, self.start_method = self._xray_processes, self._xray_method

    def _xray_begin(self) -> None:
        workers = list(self._recorder.ready) if self._began else []
        self._began = time.perf_counter()
        self._recorder = self._new_recorder()
        self._meter = self._new_meter(workers)
        self._recorder.on_keep = partial(self._meter.look, self._recorder.ready)

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
        load = Load(*self._meter.latest) if self._meter.latest is not None else None
        return Run(
            tuple(spans), tuple(workers), self._xray_processes, self._xray_method, self._began, ended, load, size
        )

    def _new_recorder(self) -> Recorder:
        return Recorder()

    def _new_meter(self, workers: Collection[int]) -> LoadMeter:
        """Return what measures the CPUs. workers: those that there are already."""
        return LoadMeter(workers, threads=self._xray_method in IN_THREADS)
