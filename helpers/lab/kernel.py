"""What the labs ask of ipykernel: that its own Stop reaches them, and that a page that was loaded again does."""

import signal
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

Stop = Callable[[], None]

_stops: list[tuple["weakref.WeakMethod[Stop]", str | None]] = []
"""How the labs are stopped, and the cell that each was made in."""


def on_interrupt(stop: Stop) -> None:
    """Let a method be called when the kernel is interrupted while no cell runs, or when its cell runs again.

    The kernel ignores the signal then; it sets back whatever handler it found before a cell, and keeps that in an
    attribute. A cell that runs again takes its lab off the page, where nobody could stop it any more. Without a kernel
    this does nothing.
    """
    kernel: Any = _kernel()
    cell = _cell_of(kernel)
    _stops[:] = [(reference, of) for reference, of in _stops if reference()]  # labs come and go
    _call([reference for reference, of in _stops if cell is not None and of == cell])
    _stops.append((weakref.WeakMethod(stop), cell))
    if getattr(kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
        kernel.saved_sigint_handler = _handle


def _kernel() -> object:
    shell = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    return getattr(shell, "kernel", None)


def _cell_of(kernel: Any) -> str | None:
    """Return the id of the cell that runs, which JupyterLab and Notebook 7 send along; None if there is none."""
    parent = kernel.get_parent("shell") if hasattr(kernel, "get_parent") else {}
    cell: str | None = (parent or {}).get("metadata", {}).get("cellId")
    return cell


def _handle(_signal_number: int, _frame: object) -> None:
    _call([reference for reference, _ in _stops])


def _call(references: list["weakref.WeakMethod[Stop]"]) -> None:
    for stop in [found for reference in references if (found := reference()) is not None]:
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
