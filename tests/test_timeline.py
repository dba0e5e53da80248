"""The pictures of a run, tested by what they contain."""

import itertools
import random
import xml.etree.ElementTree as ET

import pytest

from helpers import tasks
from helpers.drawing.picture import COLOURS, NOT_TRUSTED
from helpers.model import simulate
from helpers.spans import PHASES, Run, Span, Worker
from helpers.timeline import timeline, where_time_went
from helpers.xray import XrayPool

SVG = "{http://www.w3.org/2000/svg}"


def span(task: int, worker: int = 1, begin: float = 0.0, seconds: float = 1.0, **more) -> Span:
    """A task that is sent within 0.1 s, has a CPU for half of its computing, and is returned within 0.1 s."""
    moments = (0.0, begin, begin + 0.02, begin + 0.08, begin + 0.1, begin + 0.1)
    finished = begin + 0.1 + seconds
    back = (finished, finished + 0.02, finished + 0.08, finished + 0.1)
    return Span(task, worker, *moments, finished, *back, seconds / 2, 1000, 2000)._replace(**more)


def run_of(*spans: Span, processes: int = 2) -> Run:
    pids = sorted({one.worker for one in spans})
    ended = max((one.delivered for one in spans), default=0.0)
    return Run(spans, tuple(Worker(pid, 0.0) for pid in pids), processes, "spawn", 0.0, ended)


def drawn(run: Run) -> ET.Element:
    return ET.fromstring(timeline(run).svg)


def words(root: ET.Element) -> list[str]:
    return [text.text for text in root.iter(f"{SVG}text")]


def tips(root: ET.Element) -> list[str]:
    return [title.text for title in root.iter(f"{SVG}title")]


def boxes(root: ET.Element, colour: str) -> list[ET.Element]:
    return [box for box in root.iter(f"{SVG}rect") if box.get("fill") == colour and float(box.get("width")) != 13]


MANY = run_of(*(span(n, worker=1 + n % 2, begin=n // 2 * 0.25, seconds=0.02) for n in range(10_000)))
RUNS = {
    "empty": run_of(),
    "one task": run_of(span(0)),
    "failed": run_of(span(0), span(1, worker=2, outcome="error")),
    "lost": run_of(span(0), span(1, worker=2, outcome="lost")),
    "ten thousand": MANY,
    "more workers than processes": run_of(span(0), span(1, worker=2, begin=2), span(2, worker=3, begin=4)),
    "64 workers": run_of(*(span(n, worker=n) for n in range(64)), processes=64),
}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_every_run_draws_as_a_labelled_image(run):
    root = drawn(run)
    assert root.get("role") == "img"
    assert root.get("aria-label") == words(root)[0]


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_everything_drawn_is_within_the_picture(run):
    root = drawn(run)
    _, _, width, height = map(float, root.get("viewBox").split())
    for box in root.iter(f"{SVG}rect"):
        assert 0 <= float(box.get("x")) <= float(box.get("x")) + float(box.get("width")) <= width + 0.1
        assert 0 <= float(box.get("y")) <= float(box.get("y")) + float(box.get("height")) <= height


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_no_text_is_smaller_than_12_pixels(run):
    root = drawn(run)
    sizes = [float(text.get("font-size", root.get("font-size"))) for text in root.iter(f"{SVG}text")]
    assert min(sizes) >= 12


def test_there_is_a_row_for_the_notebook_and_one_for_each_worker_even_without_tasks():
    names = words(drawn(run_of(span(0), processes=3)))
    assert [name for name in names if name == "notebook" or name.startswith("worker ")] == [
        "notebook",
        "worker 1",
        "worker 2",
        "worker 3",
    ]


def test_the_filled_part_of_a_bar_is_its_share_of_a_cpu():
    root = drawn(run_of(span(0, seconds=1.0, cpu=0.25)))
    (filled,) = boxes(root, COLOURS["computing"])
    (whole,) = boxes(root, COLOURS["waiting for a CPU"])
    assert float(filled.get("height")) == pytest.approx(0.25 * float(whole.get("height")), abs=0.1)
    assert filled.get("width") == whole.get("width")


def test_a_bar_begins_and_ends_at_its_moments():
    root = drawn(run_of(span(0, begin=0.0, seconds=1.0)))
    (bar,) = boxes(root, COLOURS["computing"])
    scale = (960 - 104 - 18) / 1.2
    assert float(bar.get("x")) == pytest.approx(104 + 0.1 * scale, abs=0.1)
    assert float(bar.get("width")) == pytest.approx(1.0 * scale, abs=0.1)


def test_a_tooltip_shows_the_task_its_worker_its_seconds_and_its_bytes():
    tip = next(tip for tip in tips(drawn(run_of(span(7, worker=4242, seconds=1.5)))) if "computing" in tip)
    for fact in ("task 7", "worker 1", "4242", "1.50 s", "750 ms", "1,000 bytes", "2,000 bytes", "ok"):
        assert fact in tip


def test_the_tooltip_of_sending_shows_pickling_the_pipe_and_unpickling_separately():
    tip = next(tip for tip in tips(drawn(run_of(span(0)))) if "sending" in tip and "unpickling" in tip)
    assert "pickling 20.0 ms, in the pipe 60.0 ms, unpickling 20.0 ms" in tip


def test_a_failed_task_has_the_colour_of_errors_and_a_lost_one_is_hatched():
    assert boxes(drawn(RUNS["failed"]), COLOURS["error"])
    root = drawn(RUNS["lost"])
    (pattern,) = root.iter(f"{SVG}pattern")
    assert boxes(root, f"url(#{pattern.get('id')})")


def test_a_task_that_fails_at_once_is_still_visible():
    (bar,) = boxes(drawn(run_of(span(0), span(1, worker=2, seconds=0.0, outcome="error"))), COLOURS["error"])
    assert float(bar.get("width")) >= 3


def test_ten_thousand_tasks_stay_under_300_kb_and_a_column_shows_how_many_it_holds():
    picture = timeline(MANY)
    assert len(picture.svg.encode()) < 300_000
    columns = [tip for tip in tips(ET.fromstring(picture.svg)) if "too short to draw one by one" in tip]
    assert columns


def test_ten_thousand_tasks_of_all_sizes_stay_under_300_kb():
    sizes = random.Random(0).choices([0.001, 0.01, 0.1, 1.0], k=10_000)
    ends = list(itertools.accumulate(size + 0.2 for size in sizes))
    begins = [0.0, *ends[:-1]]
    run = run_of(*(span(n, begin=begins[n], seconds=size) for n, size in enumerate(sizes)))
    assert len(timeline(run).svg.encode()) < 300_000


def test_a_task_under_way_has_a_colour_of_its_own_and_is_counted_in_the_sentence():
    run = run_of(span(0), span(1, worker=2, cpu=0.0, outcome="running"))
    root = drawn(run)
    assert COLOURS["running"] in [box.get("fill") for box in root.iter(f"{SVG}rect")]
    assert "1 task under way, 1 task done." in words(root)
    assert "running" in words(root)


def test_a_long_sentence_takes_two_lines_in_a_narrow_picture():
    wide, narrow = (timeline(run_of(span(0)), cpus=2, width=width) for width in (1060, 600))
    assert wide.svg.count("CPUs. The largest") == 1
    assert narrow.svg.count("CPUs.</text>") == 1
    assert wide.text == narrow.text


def test_a_note_is_one_more_sentence_under_the_title():
    run = simulate([1.0], processes=1, cpus=1)
    picture = timeline(run, note="The model said 1.20 s.")
    assert "The model said 1.20 s." in picture.svg
    assert "The model said 1.20 s." in str(picture)


def test_two_runs_on_one_page_do_not_share_the_ids_of_their_patterns():
    other = run_of(span(0), span(1, worker=2, begin=1, outcome="lost"))
    ids = {next(drawn(run).iter(f"{SVG}pattern")).get("id") for run in (RUNS["lost"], other)}
    assert len(ids) == 2


def test_the_same_run_gives_the_same_picture():
    assert timeline(RUNS["lost"]) == timeline(RUNS["lost"])


def test_only_bars_that_are_wide_enough_show_their_task_number():
    run = run_of(span(3, seconds=1.0), span(4, worker=2, seconds=0.01))
    assert "3" in words(drawn(run))
    assert "4" not in words(drawn(run))


def test_a_run_without_tasks_is_described_in_words():
    assert timeline(run_of()).text.splitlines()[1] == "No task has finished yet."


def test_bars_without_tooltips_have_none():
    assert not tips(ET.fromstring(timeline(RUNS["failed"], tooltips=False).svg))


def test_numbers_of_one_digit_are_not_shown_where_those_of_two_have_no_room():
    bars = {last: words(drawn(run_of(span(7, seconds=0.6), span(last, begin=21.0)))) for last in (9, 17)}
    assert "7" in bars[9]
    assert "7" not in bars[17]


def test_the_waiting_of_threads_is_not_said_to_be_for_a_cpu_alone():
    run = run_of(span(0, seconds=10.0))
    of_threads = timeline(run._replace(start_method="threads"))
    for words_of in (of_threads.text, of_threads.svg):
        assert "waiting for the GIL or a CPU" in words_of
        assert "waiting for a CPU" not in words_of
    assert "GIL" not in timeline(run).text + timeline(run).svg


def test_the_sentence_says_on_how_many_of_the_cpus_the_workers_computed():
    run = run_of(span(0, seconds=1.8), span(1, worker=2, seconds=1.8))
    assert "on average on 0.9 of 2 CPUs." in timeline(run, cpus=2).text
    assert "on average on 0.9 CPUs." in timeline(run).text
    waiting = run_of(span(0, cpu=0.0), span(1, worker=2, cpu=0.0))
    assert "on average on less than 0.1 of 2 CPUs." in timeline(waiting, cpus=2).text


def test_the_text_twin_has_the_same_facts_as_the_picture():
    lines = timeline(run_of(span(0, seconds=1.0), processes=1)).text.splitlines()
    assert lines[0] == "1 task on 1 worker, spawn: 1.20 s"
    row = next(line for line in lines if line.startswith("worker 1"))
    assert row.split()[2:] == ["1", "500", "ms", "500", "ms", "100", "ms", "100", "ms", "0", "s", "0", "s"]


def test_where_time_went_has_one_bar_for_each_run_and_adds_up():
    runs = {"cold": run_of(span(0)), "warm": run_of(span(0), span(1, worker=2))}
    root = ET.fromstring(where_time_went(runs).svg)
    assert {"cold", "warm", *PHASES} <= set(words(root))
    assert len(boxes(root, COLOURS["computing"])) == 2
    drawn = [box for box in root.iter(f"{SVG}rect") if box.get("height") == "30.0" or box.get("height") == "30"]
    widths = [sum(float(box.get("width")) for box in drawn if box.get("y") == y) for y in ("44.0", "88.0")]
    assert widths == pytest.approx([960 - 104 - 18] * 2, abs=0.5)  # both pools have as many worker-seconds


def test_where_time_went_without_a_run_says_what_it_needs():
    with pytest.raises(ValueError, match="one run or more"):
        where_time_went({})


def test_a_measured_run_draws_all_its_tasks():
    with XrayPool(2) as pool:
        pool.map(tasks.nap, [0.1] * 4, chunksize=1)
        root = drawn(pool.run)
    assert {"0", "1", "2", "3"} <= set(words(root))


def test_a_label_with_markup_cannot_break_the_picture():
    assert ET.fromstring(timeline(run_of(span(0)), title="<b>&'\"").svg).get("aria-label") == "<b>&'\""


def test_a_long_label_gets_room_and_the_picture_keeps_its_width():
    run = simulate([1.0], processes=1, cpus=1)
    short, long = (ET.fromstring(where_time_went({label: run}).svg) for label in ("a", "a hundred thousand chunks"))
    assert short.get("width") == long.get("width")
    assert short[0].get("transform") == "translate(0 0)"
    assert long[0].get("transform") == f"translate({8 * 25 + 12 - 104} 0)"


def test_the_words_of_an_svg_that_is_removed_have_no_size():
    assert where_time_went({"a": simulate([1.0], processes=1, cpus=1)}).html.startswith(
        "<div style='font-size: 0'><svg"
    )


def test_where_an_svg_is_removed_a_sentence_says_what_to_do():
    assert (
        f"</div><noscript>{NOT_TRUSTED}</noscript>" in where_time_went({"a": simulate([1.0], processes=1, cpus=1)}).html
    )
