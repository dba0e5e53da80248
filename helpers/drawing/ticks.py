"""Round numbers for axes, and how they are written: the same on every timeline and in every plot."""

import math


def tick_step(most: float) -> float:
    """Return 1, 2 or 5 times a power of ten that cuts a length, such as seconds, into five to ten steps."""
    if not most:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most / 5))
    return next(factor * power for factor in (1, 2, 5, 10) if most / (factor * power) <= 10)


def time_label(seconds: float, step: float) -> str:
    """Return a moment on an axis, in the unit of its step and as fine as the step: "1.5 s", "20 ms"."""
    factor, unit = (1, "s") if step >= 0.05 else (1e3, "ms") if step >= 5e-5 else (1e6, "µs")
    decimals = max(0, -math.floor(math.log10(step * factor) + 1e-9))
    return f"{seconds * factor:.{decimals}f} {unit}"


def short_time(seconds: float) -> str:
    """Return a round number of seconds without needless zeros: "1 s", "500 ms", "20 µs"."""
    factor, unit = (
        (1, "s") if seconds >= 0.9995 or not seconds else (1e3, "ms") if seconds >= 0.9995e-3 else (1e6, "µs")
    )
    return f"{seconds * factor:,.4g} {unit}" if seconds * factor < 1e4 else f"{seconds * factor:,.0f} {unit}"


def plain_number(number: float) -> str:
    """Return a number as people write it: "1,000" and not 10 to the power of 3, "0.5", "0"."""
    return f"{number:,.12g}"


def whole_ticks(most: int) -> list[int]:
    """Return 1 and further whole numbers up to most: all of them, or the multiples of a round number if those are many.

    Nothing lies between two whole numbers, such as those of processes, so nothing is marked there.
    """
    step = 1 if most <= 12 else round(tick_step(most))
    return [1, *range(step if step > 1 else 2, most + 1, step)]


def linear_ticks(low: float, high: float) -> list[float]:
    """Return round numbers from low to high, for an axis that is not logarithmic."""
    step = tick_step(high - low)
    return [round(n * step, 12) for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round numbers from low to high for a logarithmic axis: powers of ten, with 2 and 5, or finer if needed."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):
        ticks = [factor * 10.0**power for power in decades for factor in factors]
        ticks = [round(tick, 12 - math.floor(math.log10(tick))) for tick in ticks]
        ticks = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
        if len(ticks) >= 3:
            return ticks[:: -(-len(ticks) // 8)]
    step = tick_step(high - low)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]
