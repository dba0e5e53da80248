"""What a measurement showed: a sentence that is computed from the figures, with their spread.

A lesson that claims something about times calls `finding` below the measurement. Its line begins in one of three ways:

    ✓ The warm pool is faster than the cold one: 1.05 times (1.03 to 1.09).
    ≈ The warm pool is faster than the cold one: this run cannot tell, 1.01 times (0.96 to 1.05).
    ✗ The warm pool is faster than the cold one: not in this run, 0.82 times (0.80 to 0.85).

The text around it explains why, and is true whichever of the three the reader sees.
"""

import math
import statistics
from collections.abc import Sequence

from helpers import markup
from helpers.text import counted, format_seconds

HOLDS, UNCLEAR, FAILS = "✓", "≈", "✗"

LEAST_ROUNDS = 3
"""Fewer rounds show no spread that could be trusted."""

COVERAGE = 0.93
"""How often the interval contains the true median, at least; fewer than five rounds cannot reach it."""


def finding(
    claim: str,
    values: Sequence[float] | Sequence[bool],
    *,
    above: float = -math.inf,
    below: float = math.inf,
    unit: str = "times",
    otherwise: str = "",
) -> None:
    """Print what repeated measurements say about a claim; in a notebook, with its verdict in colour.

    claim: a sentence without its full stop. values: one for each round, such as the ratios of `Comparison.ratios`,
    seconds, shares, or whether something happened. above, below: the claim is that the true value lies there; either or
    both.
    unit: "times", "s" (the values are seconds), "%" (the values are shares of 1), or any other word to print.
    otherwise: a sentence that is added when the claim does not hold, for instance with the likely reason.

    The claim holds when the whole interval of the median (`median_interval`) lies above and below, and fails when none
    of it does. With fewer than LEAST_ROUNDS rounds, or with nan among the values, it can neither hold nor fail. Raises
    ValueError without a value, and for numbers without a bound.
    """
    if not len(values):
        raise ValueError("a finding needs the values of several rounds, and has none")
    if all(isinstance(value, bool) for value in values):
        verdict, figures = _judge_events([bool(value) for value in values])
    elif above == -math.inf and below == math.inf:
        raise ValueError("a finding needs a bound: above=, below=, or both")
    else:
        verdict, figures = _judge_values(values, above, below, unit)
    reason = f" {otherwise}" if otherwise and verdict != HOLDS else ""
    line = f"{verdict} {claim}: {figures}.{reason}"
    markup.show(line, markup.verdict(line))


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval, from one value to another, that contains the true median with a probability of COVERAGE or
    more.

    It makes no assumption about the distribution: the number of values below the true median is binomial (W. J.
    Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2). For up to eight values it is their range,
    which for fewer than five covers less.
    """
    ordered, count = sorted(values), len(values)
    cut, outside = 0, 2 * (1 + count) / 2**count  # outside: the probability if one more were cut off at each end
    while outside <= 1 - COVERAGE:
        cut += 1
        outside += 2 * math.comb(count, cut + 1) / 2**count
    return ordered[cut], ordered[-1 - cut]


def _judge_values(values: Sequence[float], above: float, below: float, unit: str) -> tuple[str, str]:
    if any(map(math.isnan, values)):
        return UNCLEAR, "this run cannot tell, because not all figures are known here"
    low, high = median_interval(values)
    figures = _figures(statistics.median(values), low, high, unit)
    if len(values) < LEAST_ROUNDS:
        return (
            UNCLEAR,
            f"{counted(len(values), 'round')} cannot show it, {figures}. Measure at least {LEAST_ROUNDS} times",
        )
    if above < low and high < below:
        return HOLDS, figures
    if high <= above or below <= low:
        return FAILS, f"not in this run, {figures}"
    return UNCLEAR, f"this run cannot tell, {figures}. The rounds disagree; close other programs and run the cell again"


def _judge_events(happened: Sequence[bool]) -> tuple[str, str]:
    figures = f"in {sum(happened)} of {counted(len(happened), 'round')}"
    if len(happened) < LEAST_ROUNDS or 0 < sum(happened) < len(happened):
        return UNCLEAR, f"this run cannot tell, {figures}"
    return (HOLDS if all(happened) else FAILS), figures


def _figures(middle: float, low: float, high: float, unit: str) -> str:
    if unit == "s":
        return f"{format_seconds(middle)} ({format_seconds(low)} to {format_seconds(high)})"
    if unit == "%":
        return f"{100 * middle:.0f} % ({100 * low:.0f} to {100 * high:.0f})"
    digits = 0 if abs(middle) >= 100 else 1 if abs(middle) >= 10 else 2
    return f"{middle:,.{digits}f} {unit} ({low:,.{digits}f} to {high:,.{digits}f})"
