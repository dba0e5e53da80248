"""What the labs ask of ipykernel: that its own Stop reaches them, and that a page that was loaded again does."""

import signal
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

_stops: list["weakref.WeakMethod[Callable[[], None]]"] = []


def on_interrupt(stop: Callable[[], None]) -> None:
    """Let a method be called when the kernel is interrupted while no cell runs.

    The kernel ignores the signal then; it sets back whatever handler it found before a cell, and keeps that in an
    attribute. Without a kernel this does nothing.
    """
    _stops[:] = [reference for reference in _stops if reference()]  # labs come and go
    _stops.append(weakref.WeakMethod(stop))
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    kernel: Any = getattr(shell, "kernel", None)
    if getattr(kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
        kernel.saved_sigint_handler = _handle


def _handle(_signal_number: int, _frame: object) -> None:
    for stop in [found for reference in _stops if (found := reference()) is not None]:
        threading.Thread(target=stop, daemon=True).start()


def let_any_page_answer(lab: widgets.Box) -> None:
    """Let a page control the widgets of a lab, although another page did before, which is no longer there.

    Each page has a thread of its own in the kernel ("subshell"). ipykernel 7.4 sends what a page says about a widget to
    the thread for which the widget has changed last. After the page was loaded again, that thread is gone, and the
    widget would be deaf.
    """
    for widget in [lab, *lab.children]:
        if hasattr(widget.comm, "_reply_subshell_for"):
            widget.comm._reply_subshell_for = _as_the_page_says
        if widget is not lab and isinstance(widget, widgets.Box):
            let_any_page_answer(widget)


def _as_the_page_says(_data: object, subshell: str | None) -> str | None:
    return subshell
