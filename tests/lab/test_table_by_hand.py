"""The table of results, cell by cell, and its bars."""

import re

from helpers.drawing.picture import COLOURS
from helpers.lab.plan import Plan
from helpers.lab.result import Result
from helpers.lab.table import results_table
from helpers.model.costs import Costs, Leg
from helpers.model.simulator import simulate
from helpers.spans import breakdown
from helpers.timing import Timing

FREE = Costs(0.0, 0.0, *[Leg()] * 4)
RUN = simulate([1.0, 3.0], processes=2, cpus=2, chunksize=1, costs=FREE, warm=True)
PLAN = Plan(rows=600, processes=2, chunks=2, start_method="spawn")


def result(seconds=(2.0,), predicted=None):
    timing = Timing("pool", seconds, (0.0,) * len(seconds))
    return Result(PLAN, timing, RUN, Timing("serial", (4.0,), (4.0,)), predicted)


def cells(table):
    return [
        [re.sub("<span.*?</span>|<[^>]*>", "", cell) for cell in re.findall("<td>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall("<tr>(.*?)</tr>", table, re.DOTALL)[1:]
    ]


def test_no_results_are_no_table():
    assert results_table([]) == ""


def test_every_column_has_its_name():
    assert re.findall("<th scope='col'>(.*?)</th>", results_table([result()])) == [
        "#", "what", "time", "you said", "model said", "speed-up", "efficiency", "where it went",
    ]  # fmt: skip


def test_every_result_has_a_row_with_its_figures():
    first, second = cells(results_table([result(), result((2.5, 2.0, 4.0), predicted=1.5)]))
    what = f"2 p{PLAN.label}"
    assert first == ["1", what, "2.00 s", "", "", "2.00", "100%", "computing 67%nothing to gain"]
    shown = "computing 67%nothing to gain"
    assert second == ["2", what, "2.50 s\n2.00 to 4.00 s", "1.50 s", "", "1.60", "80%", shown]


def test_the_bar_of_a_result_has_a_piece_for_each_phase_as_wide_as_its_share():
    table = results_table([result()])
    pieces = re.findall(r"<span title='([^']+)' style='width: ([\d.]+)%; background: (#\w+)'></span>", table)
    parts, colours = breakdown(RUN), COLOURS | {"idle": "#8883"}  # through which the page shines
    assert pieces == [
        (f"{phase}: {seconds / parts.whole:.0%}", f"{100 * seconds / parts.whole:.1f}", colours[phase])
        for phase, seconds in parts.items()
    ]
    assert ("computing: 67%", "66.7", COLOURS["computing"]) in pieces


def test_a_run_of_no_time_has_no_shares():
    empty = Result(
        PLAN, Timing("p", (1.0,), (0.0,)), RUN._replace(spans=(), workers=(), ended=0.0), Timing("s", (1.0,), (1.0,))
    )
    assert "computing 0%" in results_table([empty])


def test_a_label_with_markup_is_escaped():
    own = Plan(task="your own function", function="<b>", rows=1, processes=1, chunks=1)
    assert "&lt;b&gt;" in results_table([Result(own, Timing("p", (1.0,), (0.0,)), RUN, Timing("s", (1.0,), (1.0,)))])
