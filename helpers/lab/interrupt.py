"""The notebook's own Stop: it ends what a lab does, too, although no cell runs then."""

import signal
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

_stops: list["weakref.WeakMethod[Callable[[], None]]"] = []


def on_interrupt(stop: Callable[[], None]) -> None:
    """Let a method be called when the kernel is interrupted while no cell runs.

    The kernel ignores the signal then; it sets back whatever handler it found before a cell, and keeps that in an
    attribute. Without a kernel this does nothing.
    """
    _stops.append(weakref.WeakMethod(stop))
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    kernel: Any = getattr(shell, "kernel", None)
    if getattr(kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
        kernel.saved_sigint_handler = _handle


def _handle(_signal_number: int, _frame: object) -> None:
    for stop in [found for reference in _stops if (found := reference()) is not None]:
        threading.Thread(target=stop, daemon=True).start()
