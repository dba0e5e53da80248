"""All results as an HTML table, with a row for each."""

import html
from collections.abc import Sequence

from helpers.drawing.picture import COLOURS
from helpers.lab.result import Result
from helpers.spans import breakdown
from helpers.text import format_seconds


def results_table(results: Sequence[Result]) -> str:
    """Return the table as HTML: what ran, how long it took, what was expected, and where the time went; "" if empty."""
    if not results:
        return ""
    names = ("#", "what", "time", "you said", "model said", "speed-up", "efficiency", "where it went")
    head = "".join(f"<th scope='col'>{name}</th>" for name in names)
    rows = "".join(_row(number, result) for number, result in enumerate(results, 1))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(number: int, result: Result) -> str:
    timing = result.timing
    took = format_seconds(timing.median)
    if timing.repeats > 1:
        took += f"\n{timing.minimum:.2f} to {max(timing.seconds):.2f} s"
    guess = format_seconds(result.predicted) if result.predicted else ""
    model = f"{result.model_in_words}\n{result.inside_in_words}".strip()
    cells = [number, result.plan.label, took, guess, model, f"{result.speedup:.2f}", f"{result.efficiency:.0%}"]
    texts = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in cells)
    return f"<tr>{texts}<td>{_phase_bar(result)}<div>{html.escape(_first_cause(result))}</div></td></tr>"


def _first_cause(result: Result) -> str:
    """Return the cause that cost most, in a few words."""
    if result.diagnosis is None:
        return ""
    return result.diagnosis.causes[0].name if result.diagnosis.causes else "nothing to gain"


def _phase_bar(result: Result) -> str:
    """Return a small bar of the phases that the workers' time went to, and the name of the largest."""
    parts = breakdown(result.run)
    shares = [(phase, seconds / parts.whole if parts.whole else 0.0) for phase, seconds in parts.items()]
    bar = "".join(
        f"<span title='{phase}: {share:.0%}' style='width: {share:.1%}; background: {COLOURS[phase]}'></span>"
        for phase, share in shares
    )
    phase, share = max(shares, key=lambda item: item[1])
    return f"<span class='bar'>{bar}</span>{phase} {share:.0%}"
