"""The controls of `PoolLab`, the bench: what runs, on how many processes, and how; what is guessed and simulated."""

import ipywidgets as widgets

from helpers.lab.fields import (
    NumberField,
    Refused,
    SecondsField,
    checkbox,
    dropdown,
    labelled,
    processes_slider,
    slider,
)
from helpers.lab.plan import DRAWS, METHODS, OWN, TASKS, Plan
from helpers.machine import start_methods, usable_cpus
from helpers.model.simulator import MOST_PROCESSES

CHUNK_OPTIONS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64, 80, 100, 200, 500, 1000, 2000, 5000, 10_000)
"""The numbers of chunks, and the chunk sizes, that can be chosen."""

MOST_ROWS = 2_000_000
"""More rows would take more than 1 GB of memory (`helpers.lab.plan.BYTES_PER_ROW`)."""

MOST_DRAWS = 100_000_000
"""More draws take minutes."""

LONGEST_GUESS = 86_400
"""Seconds, a day."""


class Choices:
    """A control for each field of a plan, and more. controls: all of them; of_more: those that are not in the bar."""

    def __init__(self) -> None:
        self.task = dropdown("", TASKS, 195)
        self.task.tooltip = "Task"
        self.processes = processes_slider(2 * usable_cpus(), live=True)
        self.rows = NumberField(1_000_000, "Rows", MOST_ROWS, 140)
        self.function = widgets.Text(
            placeholder="module.function", continuous_update=False, **labelled("Function", 220)
        )
        self.chunks = slider("Chunks", CHUNK_OPTIONS, 8, 220)
        self.chunksize = slider("Chunk size", CHUNK_OPTIONS, 1, 240)
        self.method = dropdown("Method", METHODS, 190)
        default, *others = start_methods()
        self.start_method = dropdown(
            "Start", [(f"{default} (default)", default), *((name, name) for name in others)], 180
        )
        self.warm = checkbox("warm pool", "The workers are ready before the clock starts")
        self.prediction = SecondsField("I think it takes", LONGEST_GUESS, 180)
        self.what_if_processes = NumberField(64, "What if: processes", MOST_PROCESSES, 190)
        self.what_if_cpus = NumberField(64, "CPUs", MOST_PROCESSES, 100)
        self.of_more = [self.rows, self.function, self.chunks, self.chunksize, self.method, self.start_method]
        self.of_more += [self.warm, self.prediction]
        self.controls = [self.task, self.processes, *self.of_more, self.what_if_processes, self.what_if_cpus]
        self.task.observe(self.disable_unused, "value")
        self.disable_unused()

    def disable_unused(self, _change: object = None) -> None:
        """Disable the controls that do not apply to the task, and set the bounds of the others."""
        own = self.task.value == OWN
        self.function.disabled, self.rows.disabled = not own, own
        self.rows.bound(MOST_DRAWS if self.task.value == DRAWS else MOST_ROWS)

    def plan(self) -> Plan:
        """Return what the controls describe. Raises Refused, in one sentence, where they make no sense."""
        own = self.task.value == OWN
        if own and not self.function.value.strip():
            raise Refused("Function: type the name of your function with that of its module, such as my_tasks.work.")
        return Plan(
            task=self.task.value,
            function=self.function.value.strip() if own else "",
            rows=1 if own else self.rows.read(),
            processes=self.processes.value,
            chunks=self.chunks.value,
            chunksize=self.chunksize.value,
            method=self.method.value,
            start_method=self.start_method.value,
            warm=self.warm.value,
        )

    def guess(self) -> float | None:
        """Return the seconds that the user predicts, or None. Raises Refused for what is no time."""
        return self.prediction.read()

    def what_if(self) -> tuple[int, int]:
        """Return the processes and the CPUs to simulate. Raises Refused for what is no such number."""
        return self.what_if_processes.read(), self.what_if_cpus.read()

    def check(self) -> Plan:
        """Return the plan if all controls make sense. Raises Refused, for the first that does not."""
        plan = self.plan()
        self.guess()
        self.what_if()
        return plan
