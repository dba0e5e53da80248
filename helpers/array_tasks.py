"""The functions that workers run and that need NumPy."""

import numpy as np

from helpers.tasks import nap


def draw_globally(_: object = None) -> float:
    """Return a number of NumPy's global generator, whatever the argument; rests so that each worker gets a task."""
    nap(0.1)
    return float(np.random.random())  # that the generator is global is the point
