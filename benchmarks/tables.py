"""Write the recorded results into the pages that quote them: `python -m benchmarks.tables`.

A page has a pair of comments for each table, and what is between them is written anew:

    <!-- benchmarks: peers -->
    <!-- end of benchmarks -->
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.peers import LIMIT, PEERS, RECIPES
from benchmarks.results import RECORDED, Results, Row, three_figures
from helpers.text import write_whole

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "INSTRUCTORS.md", "CONTRIBUTING.md")
BLOCK = re.compile(r"(?<=<!-- benchmarks: )(?P<name>[\w-]+) -->\n.*?(?=<!-- end of benchmarks -->)", re.DOTALL)


def rewrite(page: str, results: Results) -> str:
    """Return the text of a page with its tables made from the results. Raises KeyError for an unknown table."""
    return BLOCK.sub(lambda block: f"{block['name']} -->\n{TABLES[block['name']](results)}\n", page)


def xray(results: Results) -> str:
    """Return what the X-ray adds to a program; the memory of a million spans is left out."""
    rows = [row for row in results.rows() if row.part.startswith("xray-") and row.part != "xray-spans"]
    return _table(("what", "median", "range"), [row.cells()[:3] for row in rows], rows)


def aims(results: Results) -> str:
    """Return all rows that have an aim."""
    rows = [row for row in results.rows() if row.aim is not None]
    return _table(("what", "median", "range", "aim", "repeats"), [row.cells() for row in rows], rows)


def recipes(results: Results) -> str:
    """Return the course's recipes."""
    return _ways(RECIPES, results.rows("recipes"), results.rows("memory"))


def peers(results: Results) -> str:
    """Return the libraries that do the same job."""
    return _ways(PEERS, results.rows("peers"), results.rows("memory"))


def predictions(results: Results) -> str:
    """Return what the model predicts beside what was measured, and how many runs lie within their interval."""
    rows = results.rows("model")
    by_name = {row.what: row for row in rows}
    lines = []
    for name in by_name:
        if name.endswith(", cold"):
            cells = [_predicted_and_measured(by_name, each) for each in (name, name.replace(", cold", ", warm"))]
            lines.append((*name.split(", ")[:-1], *cells[0], *cells[1]))
    if not lines:
        return "Not recorded yet: `.venv/bin/python -m benchmarks --record model`."
    header = ("work", "processes", "chunk size", "cold, predicted", "measured", "warm, predicted", "measured")
    return _table(header, lines, rows)


TABLES: dict[str, Callable[[Results], str]] = {
    "xray": xray,
    "aims": aims,
    "recipes": recipes,
    "peers": peers,
    "predictions": predictions,
}


def _predicted_and_measured(rows: Mapping[str, Row], name: str) -> tuple[str, str]:
    """Return the predicted seconds, their interval, the measured ones, and how many lie in that of their round."""
    measured, predicted, low, high = (rows[f"{name}{what}"] for what in ("", ": predicted", ": low", ": high"))
    ends = f"{three_figures(low.median)} to {three_figures(high.median)}"
    inside = sum(map(_is_inside, low.values, measured.values, high.values))
    prediction = f"{three_figures(predicted.median)} s ({ends})"
    return prediction, f"{three_figures(measured.median)} s, {inside} of {len(measured.values)} inside"


def _is_inside(low: float, seconds: float, high: float) -> bool:
    return low <= seconds <= high


def _ways(labels: Iterable[str], times: Sequence[Row], memory: Sequence[Row]) -> str:
    by_name = {row.what: row for row in [*times, *memory]}
    if LIMIT not in by_name or not memory:
        raise ValueError("not recorded yet: run python -m benchmarks --record recipes peers memory")
    header = (
        "way",
        "its loop",
        "cold, times as fast",
        "warm, times as fast",
        "share of the limit",
        "MB: parent, worker",
    )
    lines = []
    for label in labels:
        if f"{label}: warm" in by_name:  # it was installed
            names = ("its loop", "cold", "warm", "of the limit", "parent process", "largest worker")
            serial, cold, warm, share, *megabytes = (by_name[f"{label}: {name}"] for name in names)
            cells = [f"{three_figures(serial.median)} s", *map(_median_and_range, (cold, warm, share))]
            lines.append((label, *cells, ", ".join(f"{row.median:.0f}" for row in megabytes)))
    limit = by_name[LIMIT]
    return _table(header, lines, times) + f" The limit, {LIMIT}: {_median_and_range(limit)} {limit.unit}."


def _median_and_range(row: Row) -> str:
    return f"{three_figures(row.median)} ({row.range})"


def _table(header: Sequence[str], lines: Iterable[Sequence[str]], rows: Iterable[Row]) -> str:
    """Return a table of Markdown, and below it the conditions of the rows that it shows."""
    marked = [f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *lines)]
    rows = list(rows)
    conditions = dict.fromkeys(f"{row.conditions}, {row.conditions.date}" for row in rows)
    caption = f"Medians, measured with {'; and with '.join(conditions)}."
    quiet = sum(not row.conditions.disturbed for row in rows)
    if quiet < len(rows):
        caption += f" **Taken on a quiet machine: {quiet} of these {len(rows)} figures.**"
    return "\n".join([*marked, "", caption])


def main() -> None:
    """Rewrite the pages."""
    results = Results(RECORDED)
    for name in PAGES:
        path = ROOT / name
        write_whole(path, rewrite(path.read_text(encoding="utf-8"), results))


if __name__ == "__main__":
    main()
