"""All results as an HTML table, with a row for each."""

import html
from collections.abc import Sequence

from helpers.lab.names import short_names
from helpers.lab.result import Result
from helpers.lab.stage import phase_bar, shares
from helpers.text import format_seconds


def results_table(results: Sequence[Result]) -> str:
    """Return the table as HTML: what ran, how long it took, what was expected, and where the time went; "" if empty."""
    if not results:
        return ""
    names = ("#", "what", "time", "you said", "model said", "speed-up", "efficiency", "where it went")
    head = "".join(f"<th scope='col'>{name}</th>" for name in names)
    told_apart = short_names([result.plan for result in results])
    numbered = enumerate(zip(results, told_apart, strict=True), 1)
    rows = "".join(_row(number, result, name) for number, (result, name) in numbered)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(number: int, result: Result, name: str) -> str:
    timing = result.timing
    took = format_seconds(timing.median)
    if timing.repeats > 1:
        took += f"\n{timing.minimum:.2f} to {max(timing.seconds):.2f} s"
    guess = format_seconds(result.predicted) if result.predicted else ""
    model = f"{result.model_in_words}\n{result.inside_in_words}".strip()
    what = f"<b>{html.escape(name)}</b><div>{html.escape(result.plan.label)}</div>"
    cells = [took, guess, model, f"{result.speedup:.2f}", f"{result.efficiency:.0%}"]
    texts = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
    phase, share = max(shares(result.run), key=lambda item: item[1])
    where = f"{phase_bar(result.run)}{phase} {share:.0%}<div>{html.escape(_first_cause(result))}</div>"
    return f"<tr><td>{number}</td><td>{what}</td>{texts}<td>{where}</td></tr>"


def _first_cause(result: Result) -> str:
    """Return the cause that cost most, in a few words."""
    if result.diagnosis is None:
        return ""
    return result.diagnosis.causes[0].name if result.diagnosis.causes else "nothing to gain"
