"""The functions that workers run and that need NumPy."""

import numpy as np

from helpers.tasks import nap


def draw_globally(_: object = None) -> float:
    """Return a number of NumPy's global generator, whatever the argument; rests so that each worker gets a task."""
    nap(0.1)
    return float(np.random.random())  # that the generator is global is the point


def seed_worker(seed: int) -> None:
    """Seed NumPy's global generator: an initializer that gives every worker the same numbers."""
    np.random.seed(seed)


def estimate_pi_globally(_: object = None, points: int = 1_000_000) -> float:
    """Estimate pi from points of NumPy's global generator, whatever the argument. Forked workers repeat each other."""
    x, y = np.random.random((2, points))
    return float(4 * np.mean(x * x + y * y < 1))


def estimate_pi(seed: "np.random.SeedSequence | int", points: int = 1_000_000) -> float:
    """Estimate pi from points of a stream of its own: the same seed gives the same estimate, in any worker."""
    x, y = np.random.default_rng(seed).random((2, points))
    return float(4 * np.mean(x * x + y * y < 1))
