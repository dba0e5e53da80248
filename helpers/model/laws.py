"""Laws of speed-up, fitted to a sweep: seconds by the number of processes, with their uncertainty.

Each law prints the formula that it evaluates: processes beyond the usable CPUs share them, so 1 / p is
1 / min(p, CPUs).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from helpers.findings import median_interval
from helpers.machine import usable_cpus

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Law:
    """A law fitted to a sweep: its formula in words and in LaTeX, and each parameter with its standard error.

    The seconds are a fixed part plus a sum of terms, one for each parameter and multiplied by it.
    """

    name: str
    formula: str
    latex: str
    parameters: Mapping[str, tuple[float, float]]
    _fixed: Callable[[Array], Array]
    _terms: Callable[[Array], Array]
    _covariance: Array

    def seconds(self, processes: Sequence[int]) -> tuple[Array, Array]:
        """Return the law's seconds for these numbers of processes, and their standard errors."""
        numbers = np.asarray(processes, dtype=float)
        terms = self._terms(numbers)
        values = np.array([value for value, _ in self.parameters.values()])
        errors = np.sqrt(np.einsum("ij,jk,ik->i", terms, self._covariance, terms))
        return self._fixed(numbers) + terms @ values, errors

    @property
    def short(self) -> str:
        """The name, and the parameters with their errors."""
        return f"{self.name}: {self._parameters_in_words()}"

    @property
    def makes_sense(self) -> bool:
        """Whether each parameter can be what it stands for, within its error: no time and no share below 0, and no
        share above 1."""
        share, error = self.parameters.get("f", (0.0, 0.0))
        return share - error <= 1 and all(value + error >= 0 for value, error in self.parameters.values())

    def _parameters_in_words(self) -> str:
        return ", ".join(f"{name} = {value:.3g} ± {error:.2g}" for name, (value, error) in self.parameters.items())

    def __repr__(self) -> str:
        return f"{self.name}: {self.formula}, with {self._parameters_in_words()}"

    def _repr_latex_(self) -> str:
        parameters = (
            rf"${name} = {_in_latex(f'{value:.3g}')} \pm {_in_latex(f'{error:.2g}')}$"
            for name, (value, error) in self.parameters.items()
        )
        return rf"{self.name}: $\displaystyle {self.latex}$, with {', '.join(parameters)}"


def amdahl(serial: float, sweep: Mapping[int, Sequence[float]], cpus: int | None = None) -> Law:
    """Fit Amdahl's law to a sweep: f is the share of the serial program that cannot be shared among processes.

    serial: the seconds of the serial program, T(1); the law takes them as exact. sweep: measured seconds, by number of
    processes. cpus: how many are usable, by default those of this machine; processes beyond them add nothing.

    The argument is that of G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing
    capabilities", AFIPS Conference Proceedings 30, 1967, which has no formula. Raises ValueError for fewer than two
    figures.
    """
    limit = cpus or usable_cpus()

    def fixed(processes: Array) -> Array:
        return np.asarray(serial / np.minimum(processes, limit))

    def terms(processes: Array) -> Array:
        return np.asarray(serial * (1 - 1 / np.minimum(processes, limit)))[:, None]

    formula = f"T(p) = T(1) (f + (1 - f) / min(p, {limit}))"
    latex = rf"T(p) = T(1) \left(f + \frac{{1 - f}}{{\min(p, {limit})}}\right)"
    return _fit("Amdahl's law", formula, latex, ["f"], sweep, fixed, terms)


def with_overhead(sweep: Mapping[int, Sequence[float]], cpus: int | None = None) -> Law:
    """Fit a law with overhead, T(p) = a + b / min(p, cpus) + c p: a is serial, b is shared, and each process costs c.

    sweep and cpus as for `amdahl`; only b is shared among the usable CPUs. The form is that of M. J. Quinn, "Parallel
    Programming in C with MPI and OpenMP", 2004, chapter 7, with an overhead that grows with the processes. Raises
    ValueError for fewer than four measured figures.
    """
    limit = cpus or usable_cpus()

    def terms(processes: Array) -> Array:
        return np.column_stack([np.ones_like(processes), 1 / np.minimum(processes, limit), processes])

    formula = f"T(p) = a + b / min(p, {limit}) + c p"
    latex = rf"T(p) = a + \frac{{b}}{{\min(p, {limit})}} + c\,p"
    return _fit("With overhead", formula, latex, ["a", "b", "c"], sweep, np.zeros_like, terms)


def limit_in_words(shares: Sequence[float]) -> str:
    """Return what Amdahl's law says about the best possible speed-up, for the serial share f of each round.

    The sentence gives the median of f with its interval (`median_interval`), and so the limit 1 / f with its own. An f
    of 0 or less sets no limit, and an f of 1 or more means that the pool is no faster than the loop. Raises ValueError
    without a share.
    """
    if not len(shares):
        raise ValueError("a limit needs the serial share of one round or more")
    middle, (low, high) = float(np.median(shares)), median_interval(shares)
    measured = f"f = {100 * middle:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
    if low >= 1:
        return f"{measured}: the pool is no faster than the loop, and by Amdahl's law more workers do not change that."
    if low <= 0 and high >= 1:
        return f"{measured}: the rounds differ too much to set any limit."
    if low <= 0:
        more = f", only that it is above {1 / high:.1f} times" if high > 0 else ""
        return f"{measured}: f cannot be told from 0, so these rounds do not say where the limit is{more}."
    if high >= 1:
        return f"{measured}: at most {1 / low:.1f} times as fast, and perhaps no faster than the loop."
    return f"{measured}: at most {1 / middle:.1f} times as fast ({1 / high:.1f} to {1 / low:.1f}), by Amdahl's law."


def _fit(
    name: str,
    formula: str,
    latex: str,
    parameters: list[str],
    sweep: Mapping[int, Sequence[float]],
    fixed: Callable[[Array], Array],
    terms: Callable[[Array], Array],
) -> Law:
    """Fit by least squares; the errors are those of ordinary regression."""
    pairs = [(processes, second) for processes, seconds in sweep.items() for second in seconds]
    if len(pairs) <= len(parameters):
        raise ValueError(f"{name} needs more than {len(parameters)} measured figures, not {len(pairs)}")
    processes, seconds = np.array(pairs, dtype=float).T
    matrix, wanted = terms(processes), seconds - fixed(processes)
    values, *_ = np.linalg.lstsq(matrix, wanted, rcond=None)
    residuals = wanted - matrix @ values
    inverse: Array = np.linalg.pinv(matrix.T @ matrix).astype(float, copy=False)
    covariance = inverse * float(residuals @ residuals) / (len(pairs) - len(parameters))
    errors = np.sqrt(np.diag(covariance))
    fitted = dict(zip(parameters, zip(values.tolist(), errors.tolist(), strict=True), strict=True))
    return Law(name, formula, latex, fitted, fixed, terms, covariance)


def _in_latex(number: str) -> str:
    """Return a number as people write it: with a power of ten in the place of an e."""
    figures, _, power = number.partition("e")
    return rf"{figures} \times 10^{{{int(power)}}}" if power else figures
