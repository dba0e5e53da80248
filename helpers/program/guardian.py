"""A second process of the command, which hears what came to all processes of its group, and stays if it is killed.

A terminal sends Ctrl-C to each process of a group, so the program has got it when the command gets it. A signal that
was sent to the command alone must be passed on. The guardian is in the same group: what it hears, the program hears.

Nobody can catch SIGKILL. When the command is gone without a word, the guardian ends the program by the same signal, as
would have happened without the X-ray. Then it shows what was recorded, and removes the folder of the recording.
"""

import os
import select
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

GRACE = 0.5
"""Seconds within which a signal to the group reaches all of its processes, on a busy machine, too."""

LAST_MOMENTS = 2.0
"""Seconds for the program to be gone after SIGKILL; where nobody asks for its exit code, it never seems to be."""

_ENDED, _DONE = b"ended", b"done"


class Guardian:
    """The guardian of this process, from entering to leaving; on systems without fork, it hears nothing."""

    def __init__(
        self, signals: Iterable[int] = (), show: Callable[[], object] = int, tidy: Callable[[], object] = int
    ) -> None:
        """Signals: those to hear. show, tidy: what to do if this process is killed: while the program ran, and last."""
        self._signals = tuple(signals)
        self._show = show
        self._tidy = tidy
        self._pid = 0
        self._heard: dict[int, float] = {}

    def __enter__(self) -> Self:
        if not hasattr(os, "fork"):
            return self
        report, self._reports = os.pipe()
        orders, self._orders = os.pipe()
        try:
            self._pid = os.fork()
        except OSError:  # too many processes
            for end in (report, self._reports, orders, self._orders):
                os.close(end)
            return self
        if not self._pid:
            try:
                os.close(report)
                os.close(self._orders)
                self._stay(orders)
            finally:
                os._exit(0)
        os.close(self._reports)
        os.close(orders)
        os.set_blocking(report, False)
        self._reports = report
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        if self._pid:
            self._tell(_DONE)
            os.close(self._orders)
            with suppress(ChildProcessError):
                os.waitpid(self._pid, 0)
            os.close(self._reports)
            self._pid = 0

    def begin(self, program: int) -> None:
        """Tell the guardian the process id of the program."""
        self._tell(b"%d" % program)

    def end(self) -> None:
        """Tell the guardian that the program has ended."""
        self._tell(_ENDED)

    def has_heard(self, number: int, otherwise: bool) -> bool:
        """Whether a signal that this process has just got came to the whole group. otherwise: if nobody knows."""
        if not self._pid:
            return otherwise
        poll = select.poll()
        poll.register(self._reports, select.POLLIN)
        now = time.monotonic()
        while self._heard.get(number, 0.0) < now - GRACE:
            left = now + GRACE - time.monotonic()
            if left <= 0 or not poll.poll(1000 * left):
                return False
            with suppress(BlockingIOError):  # a second signal has come meanwhile, whose handler has read it
                news = os.read(self._reports, 512)
                if not news:  # the guardian is gone
                    return otherwise
                self._heard |= dict.fromkeys(news, time.monotonic())
        return True

    def _tell(self, word: bytes) -> None:
        if self._pid:
            with suppress(OSError):  # somebody has ended the guardian
                os.write(self._orders, word + b"\n")

    def _stay(self, orders: int) -> None:
        """Be the guardian, until the command has ended, in whatever way."""
        os.set_blocking(self._reports, False)
        for number in self._signals:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _ignore)
        signal.set_wakeup_fd(self._reports, warn_on_full_buffer=False)
        with open(orders, "rb") as file:
            words = file.read().split()
        if _DONE in words:
            return
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            if words and _ENDED not in words:
                _kill(int(words[0]))
                self._show()
        finally:
            self._tidy()


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing; unlike with SIG_IGN, the wakeup file hears of the signal."""


def _kill(program: int) -> None:
    """End the program, and wait until it is gone."""
    with suppress(ProcessLookupError):
        os.kill(program, signal.SIGKILL)
        deadline = time.monotonic() + LAST_MOMENTS
        while time.monotonic() < deadline:
            time.sleep(0.01)
            os.kill(program, 0)
