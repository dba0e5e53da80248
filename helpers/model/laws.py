"""Laws of speed-up, fitted to a sweep: seconds over the number of processes, with their uncertainty."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.machine import usable_cpus

Terms = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, repr=False)
class Law:
    """A law fitted to a sweep: formula in words, and each parameter with its standard error."""

    name: str
    formula: str
    parameters: Mapping[str, tuple[float, float]]
    _terms: Terms
    _fixed: Terms
    _covariance: np.ndarray

    def seconds(self, processes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the law's seconds for these numbers of processes, and their standard errors."""
        places = np.asarray(processes, dtype=float)
        terms = self._terms(places)
        values = np.array([value for value, _ in self.parameters.values()])
        errors = np.sqrt(np.einsum("ij,jk,ik->i", terms, self._covariance, terms))
        return self._fixed(places) + terms @ values, errors

    @property
    def short(self) -> str:
        """The name and the parameters with their errors."""
        return f"{self.name}: {', '.join(self._parts())}"

    def _parts(self) -> list[str]:
        return [f"{name} = {value:.3g} ± {error:.2g}" for name, (value, error) in self.parameters.items()]

    def __repr__(self) -> str:
        return f"{self.name}: {self.formula}, with {', '.join(self._parts())}"


def amdahl(serial: float, sweep: Mapping[int, Sequence[float]], cpus: int | None = None) -> Law:
    """Fit Amdahl's law to a sweep: f is the share of the serial program that no process can take over.

    serial: the seconds of the serial program, T(1). sweep: measured seconds, by number of processes. cpus: how many are
    usable; processes beyond them add nothing.

    Source: G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
    AFIPS Conference Proceedings 30, 1967. Raises ValueError for fewer than two measured figures.
    """
    cpus = cpus or usable_cpus()

    def fixed(places: np.ndarray) -> np.ndarray:
        return serial / np.minimum(places, cpus)

    def terms(places: np.ndarray) -> np.ndarray:
        return (serial * (1 - 1 / np.minimum(places, cpus)))[:, None]

    return _fitted("Amdahl's law", "T(p) = T(1) (f + (1 - f) / p)", ["f"], sweep, terms, fixed)


def with_overhead(sweep: Mapping[int, Sequence[float]], cpus: int | None = None) -> Law:
    """Fit a law with overhead, T(p) = a + b / p + c p: a is serial, b is shared, and each process costs c.

    sweep and cpus as for `amdahl`; only b is shared among the usable CPUs. The form is that of M. J. Quinn, "Parallel
    Programming in C with MPI and OpenMP", 2004, chapter 7, with an overhead that grows with the processes. Raises
    ValueError for fewer than four measured figures.
    """
    cpus = cpus or usable_cpus()

    def terms(places: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones_like(places), 1 / np.minimum(places, cpus), places])

    return _fitted("With overhead", "T(p) = a + b / p + c p", ["a", "b", "c"], sweep, terms, np.zeros_like)


def _fitted(
    name: str, formula: str, names: list[str], sweep: Mapping[int, Sequence[float]], terms: Terms, fixed: Terms
) -> Law:
    """Fit by least squares; the errors are those of ordinary regression."""
    pairs = [(processes, second) for processes, seconds in sweep.items() for second in seconds]
    if len(pairs) <= len(names):
        raise ValueError(f"{name} needs more than {len(names)} measured figures, not {len(pairs)}")
    places, seconds = np.array(pairs, dtype=float).T
    matrix, wanted = terms(places), seconds - fixed(places)
    values, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    left = wanted - matrix @ values
    covariance = np.linalg.pinv(matrix.T @ matrix) * float(left @ left) / (len(pairs) - len(names))
    errors = np.sqrt(np.diag(covariance))
    return Law(name, formula, dict(zip(names, zip(values.tolist(), errors.tolist()))), terms, fixed, covariance)
