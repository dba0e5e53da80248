"""What the thread of a subinterpreter notes of its tasks: it calls into its interpreter, and sees all from outside."""

import time
from collections.abc import Callable
from typing import Any

from helpers.pool.recorder import Recorder
from helpers.pool.threads import ThreadTask, note_ready


class Submitted:
    """A function that was submitted, and the recorder of its call."""

    def __init__(self, recorder: Recorder, function: Any) -> None:
        self.recorder = recorder
        self.function = function
        self.moment = time.perf_counter()


def resolve(stock: Callable[..., Any], submitted: Submitted, arguments: Any, keywords: Any) -> ThreadTask:
    """Return the stock class's task, to be run by the context of a thread."""
    task = stock(submitted.function, arguments, keywords)
    return ThreadTask(submitted.recorder, submitted.moment, task, (), {})


class InterpreterContext:
    """The context of one thread: the stock class's, which makes an interpreter and calls into it."""

    def __init__(self, stock: Any) -> None:
        self._stock = stock

    def initialize(self) -> None:
        """Make the interpreter, and run the initializer there."""
        self._stock.initialize()
        note_ready()

    def run(self, task: ThreadTask) -> Any:
        """Run one task in the interpreter."""
        task.arguments, task.function = (task.function,), self._stock.run
        return task()

    def finalize(self) -> None:
        """Close the interpreter."""
        self._stock.finalize()
