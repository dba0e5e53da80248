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

PAUSE = 0.2
"""Seconds between a signal to the command and one to its group that are meant as one: `timeout` sends both."""

RECENT = 1.0
"""Seconds for which a signal to the group explains those that the command gets."""

LONG = 5.0
"""Seconds after which a guardian that does not answer has been stopped."""

LAST_MOMENTS = 2.0
"""Seconds for the program to be gone after SIGKILL; where nobody asks for its exit code, it never seems to be."""

_ASKED, _ENDED, _DONE = b"?", b"ended", b"done"
_ANSWER = 0  # which is no signal


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
        self._asked = self._answered = 0

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
        began = time.monotonic()
        for pause in (0.0, PAUSE):
            time.sleep(pause)
            if not self._listen():
                return otherwise
            if self._heard.get(number, -RECENT) > began - RECENT:
                return True
        return False

    def _listen(self) -> bool:
        """Ask the guardian what it has heard so far, and return whether it answers. A signal may come meanwhile."""
        self._tell(_ASKED)
        self._asked += 1  # only now: the handler of another signal may ask, and wait, at any moment
        question, deadline = self._asked, time.monotonic() + LONG
        poll = select.poll()
        poll.register(self._reports, select.POLLIN)
        while self._answered < question:
            if time.monotonic() > deadline:
                return False
            if not poll.poll(50):  # milliseconds; the answer may have been read by that handler
                continue
            with suppress(BlockingIOError):
                news = os.read(self._reports, 512)
                if not news:  # the guardian is gone
                    return False
                answers = news.count(_ANSWER)
                self._answered += answers
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
        words: list[bytes] = []
        while news := os.read(orders, 4096):  # before it returns, the signals that have come are in the reports
            words += [word for word in news.split() if word != _ASKED]
            with suppress(OSError):  # the command is gone
                os.write(self._reports, bytes([_ANSWER]) * news.count(_ASKED))
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
