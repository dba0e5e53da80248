"""The labs, used as a student uses them: set a control, press a button, wait, and read what they show."""

import re
import threading
import time
from functools import partial

import ipywidgets as widgets
import numpy as np
import pytest

from helpers import tasks
from helpers.lab import OrderLab, PoolLab, SpeedupLab
from helpers.lab.plan import EVEN, METHODS, OWN, TASKS
from helpers.lab.result import Result, fit_laws
from helpers.machine import start_methods, usable_cpus
from helpers.timing import Timing

ROWS = np.random.default_rng(1).standard_normal((200, 3))
SERIAL = Timing("loop", (1.0,), (1.0,))


@pytest.fixture
def speedup():
    return SpeedupLab(partial(tasks.distances, target=ROWS[0]), ROWS, serial=SERIAL)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = PoolLab()
    made.rows.value = 500
    return made


def press(lab, button=None) -> str:
    """Press a button (Run), wait until all is done, and return the status line."""
    (button or lab.run_button).click()
    lab.thread.join(timeout=50)
    return lab.status.value


def until(true, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_each_run_adds_a_point_to_the_plot(speedup):
    pictures = [speedup.plot.value]
    for processes in (1, 3):
        speedup.processes.value = processes
        press(speedup)
        pictures.append(speedup.plot.value)
    assert [result.plan.processes for result in speedup.experiment.results] == [1, 3]
    assert len(set(pictures)) == 3


def test_a_run_shows_the_timeline_of_its_workers(speedup):
    speedup.processes.value = 3
    press(speedup)
    assert "worker 3" in speedup.picture.value
    assert "worker 4" not in speedup.picture.value


def test_the_given_serial_timing_is_what_the_speed_up_is_measured_by(speedup):
    press(speedup)
    assert speedup.experiment.results[0].serial is SERIAL


@pytest.mark.parametrize("method", METHODS)
def test_the_order_lab_shows_in_which_order_results_come(method):
    lab = OrderLab()
    for control, size in zip(lab.sizes, (1_000_000, 1000, 10), strict=True):
        control.value = size
    lab.method.value = method
    press(lab)
    assert "1,000,000 draws started" in lab.event_log.value
    lab.sizes[0].value = 100  # after the run: the log is that of the run
    lab.show_results()
    assert "1,000,000 draws started" in lab.event_log.value
    given = lab.event_log.value.rpartition(f"{method} gives: ")[2]
    first = "1,000,000" if method != "imap_unordered" else ("1,000", "10")
    assert given.startswith(first)


def test_every_task_runs_and_its_code_is_shown(lab):
    lab.function.value = "helpers.tasks.identity"
    for number, task in enumerate(TASKS, 1):
        lab.task.value = task
        assert f"Run {number}, " in press(lab), task
        assert "multiprocessing import get_context" in lab.code.value
    assert lab.table.value.count("<tr>") == 1 + len(TASKS)


def test_a_sweep_shows_each_number_of_processes(lab):
    lab.processes.value = 2
    press(lab, lab.sweep_button)
    assert [result.plan.processes for result in lab.experiment.results] == [1, 2]
    labels = [re.sub(r"[\d.]+ ×", "... ×", label) for label, _ in lab.shown_run.options]
    assert labels == ["1: 1 p, ... ×", "2: 2 p, ... ×"]


def test_the_start_methods_are_compared(lab):
    press(lab, lab.compare_button)
    assert [result.plan.start_method for result in lab.experiment.results] == start_methods()


def test_a_prediction_is_shown_beside_the_measurement(lab):
    lab.prediction.value = "1.5"
    press(lab)
    assert lab.experiment.results[0].predicted == 1.5
    assert "1.50 s" in lab.table.value
    assert "your prediction" in lab.plot.value


def test_the_models_prediction_is_shown_beside_the_students(lab):
    press(lab)
    assert "model said" in lab.table.value
    assert re.search(r"\d (?:ms|s) \([\d.]+ to [\d.]+\)\n(?:in|out)side<", lab.table.value)
    assert re.search(
        r"the model says [^<;]+, and expects nine in ten runs from [^<;]+; this one is (?:in|out)side\.",
        lab.picture.value,
    )
    assert "the model" in lab.plot.value


def test_what_if_draws_any_number_of_workers_beside_the_measured_run(lab):
    press(lab)
    lab.what_if_processes.value, lab.what_if_cpus.value = 20, 8
    assert "What if: run 1 with 20 processes on 8 CPUs, simulated" in press(lab, lab.simulate_button)
    picture = lab.picture.value
    assert "worker 12<" in picture
    assert "worker 13<" not in picture
    assert "Drawn: the first 12 of 20 workers." in picture
    assert "The first task is sent when all 20 processes have been started." in picture
    assert "The model expects nine in ten such runs from " in picture
    assert picture.index("Run 1: ") < picture.index("What if: run 1 with 20 processes")
    lab.shown_run.value = 1
    assert "What if" not in lab.picture.value


@pytest.mark.parametrize(
    "processes, words",
    [
        ("0", "a whole number from 1 to 4,096, please, not &#x27;0&#x27;"),
        ("1e3", "a whole number from 1 to 4,096, please, not &#x27;1e3&#x27;"),
        ("4", "no run yet"),
    ],
)
def test_a_simulation_that_is_not_possible_is_refused_in_words(lab, processes, words):
    if processes != "4":
        press(lab)
    lab.what_if_processes.value = processes
    assert words in press(lab, lab.simulate_button)


@pytest.mark.timeout(20)
def test_a_simulation_of_far_too_many_processes_is_refused_in_one_sentence(lab):
    press(lab)
    lab.what_if_processes.value = 10**9
    shown = press(lab, lab.simulate_button)
    assert "What if: processes: a whole number from 1 to 4,096, please, not &#x27;1000000000&#x27;." in shown
    assert "4,096" in lab.simulate_button.tooltip


def test_stop_ends_a_simulation_and_the_next_one_runs(lab, monkeypatch):
    press(lab)
    begun = threading.Event()
    simulate = Result.simulate

    def endless(result, processes, cpus, on_step):
        begun.set()
        while True:
            on_step()

    monkeypatch.setattr(Result, "simulate", endless)
    lab.simulate_button.click()
    assert begun.wait(10)
    lab.stop_button.click()
    lab.thread.join(timeout=10)
    assert "Stopped." in lab.status.value
    monkeypatch.setattr(Result, "simulate", simulate)
    assert "What if" in press(lab, lab.simulate_button)
    assert "Run 2" in press(lab)


def test_a_sweep_of_three_draws_the_laws_if_they_can_be_true(lab):
    lab.processes.value = 3
    press(lab, lab.sweep_button)
    shown = lab.plot.value.replace("&#x27;", "'")
    laws = fit_laws(lab.experiment.results)
    assert all(law.short in shown for law in laws) == all(law.makes_sense for law in laws)
    assert ("Neither law fits these times" in shown) != all(law.makes_sense for law in laws)


@pytest.mark.parametrize("text", ["soon", "-1", "0", "inf", "nan"])
def test_a_prediction_that_is_no_time_is_refused_before_anything_runs(lab, text):
    lab.prediction.value = text
    assert "I think it takes: a number of seconds above 0" in press(lab)
    assert lab.experiment.results == []


@pytest.mark.parametrize(
    "controls, words",
    [
        ({"rows": 0}, "Rows: a whole number from 1 to 2,000,000, please, not &#x27;0&#x27;."),
        ({"rows": 10**13}, "Rows: a whole number from 1 to 2,000,000, please"),
        ({"task": OWN, "function": " "}, "Function: type the name of your function"),
        ({"task": OWN, "function": "helpers.tasks.missing"}, "no attribute &#x27;missing&#x27;"),
        ({"task": OWN, "function": "nowhere.at_all"}, "No module named &#x27;nowhere&#x27;"),
        ({"task": OWN, "function": "workers.negative_root"}, "ValueError"),
        ({"task": OWN, "function": "workers.leave"}, "WorkerDied"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_error_is_shown_in_words_and_no_run_is_lost(lab, controls, words):
    press(lab)
    before = {name: getattr(lab, name).value for name in controls}
    for name, value in controls.items():
        getattr(lab, name).value = value
    assert words in press(lab)
    for name, value in before.items():
        getattr(lab, name).value = value
    assert "Run 2, " in press(lab)


def test_stop_ends_a_long_run_and_the_lab_stays_usable(lab):
    press(lab)
    lab.task.value, lab.function.value, lab.chunks.value = OWN, "workers.quarter_nap", 1000
    lab.run_button.click()
    until(lambda: "First the loop" in lab.picture.value)
    lab.stop_button.click()
    lab.thread.join(timeout=10)
    assert "Stopped" in lab.status.value
    assert lab.shown_run.value == 1
    assert "Run 1: " in lab.picture.value
    lab.task.value = EVEN
    assert "Run 2, " in press(lab)


def test_progress_and_picture_move_while_a_run_goes_on(lab):
    seen = {"progress": set(), "picture": set()}
    for name, values in seen.items():
        getattr(lab, name).observe(lambda change, values=values: values.add(change.new), "value")
    lab.task.value, lab.function.value = OWN, "workers.quarter_nap"
    press(lab)
    assert len([value for value in seen["progress"] if 0 < value < 1]) >= 3
    assert len(seen["picture"]) >= 5


def test_while_a_run_goes_on_its_words_stay_and_its_picture_tells_how_far_it_is(lab, monkeypatch):
    """Each change that a browser shows costs the workers time."""
    monkeypatch.setattr("helpers.lab.base.DRAWING_SHARE", 1.0)
    seen = {"status": [], "picture": [], "figure": []}
    for name, values in seen.items():
        widget = lab.stage.figure if name == "figure" else getattr(lab, name)
        widget.observe(lambda change, values=values: values.append(change.new), "value")
    lab.task.value, lab.function.value = OWN, "workers.quarter_nap"
    press(lab)
    assert len([text for text in seen["status"] if "Running: 8 tasks on 2 processes." in text]) == 1
    assert len([text for text in seen["figure"] if "running" in text and "8 tasks on 2 processes" in text]) == 1
    headings = [re.search(r"heading'>([0-9.]+) s, (\d) of 8 tasks", text) for text in seen["picture"]]
    done = [int(found[2]) for found in headings if found]
    assert done[0] == 0
    assert done[-1] == 8
    assert len(set(done)) >= 3


def test_while_a_run_goes_on_only_stop_can_be_pressed(lab):
    lab.task.value, lab.function.value = OWN, "workers.quarter_nap"
    lab.run_button.click()
    assert not lab.stop_button.disabled
    assert all(control.disabled for control in (lab.run_button, lab.rows, lab.sweep_button, lab.task))
    first = lab.thread
    lab.run_button.click()
    assert lab.thread is first
    lab.stop_button.click()
    first.join(timeout=10)
    assert lab.stop_button.disabled
    assert not lab.run_button.disabled


def test_a_control_that_does_not_apply_is_disabled(lab):
    assert (lab.function.disabled, lab.rows.disabled) == (True, False)
    lab.task.value = OWN
    assert (lab.function.disabled, lab.rows.disabled) == (False, True)


def test_choosing_an_earlier_run_shows_its_code_and_its_timeline(lab):
    lab.processes.value = 1
    press(lab)
    lab.processes.value = 2
    press(lab)
    lab.shown_run.value = 1
    assert "Pool(1)" in lab.code.value
    assert "worker 2" not in lab.picture.value


def test_save_writes_next_to_the_notebook_and_names_the_folder(lab, tmp_path):
    press(lab)
    words = press(lab, lab.save_button)
    assert "pool_lab_runs_1" in words
    assert sorted(path.name for path in (tmp_path / "pool_lab_runs_1").iterdir()) == [
        "run_1.json", "run_1.trace.json", "timings.csv",
    ]  # fmt: skip


def test_stop_ends_saving_and_leaves_no_half_of_it(lab, tmp_path, monkeypatch):
    press(lab)
    monkeypatch.setattr("helpers.lab.experiment.save_run", lambda *_: lab.experiment.stop() or [])
    press(lab)
    assert "Stopped" in press(lab, lab.save_button)
    assert list(tmp_path.iterdir()) == []


def test_clear_does_nothing_while_a_run_goes_on(lab):
    press(lab)
    lab.task.value, lab.function.value = OWN, "workers.quarter_nap"
    lab.run_button.click()
    lab.clear_button.click()
    lab.stop_button.click()
    lab.thread.join(timeout=10)
    assert len(lab.experiment.results) == 1


def test_a_guess_is_answered_and_counts_for_one_run(lab):
    lab.prediction.value = "4"
    press(lab)
    assert "You said 4.00 s." in lab.picture.value
    assert lab.prediction.value == ""
    press(lab)
    assert "You said" not in lab.picture.value


def test_a_larger_picture_still_shows_what_was_simulated(lab):
    press(lab)
    press(lab, lab.simulate_button)
    lab.projector.value = True
    assert "What if: run 1" in lab.picture.value


def test_on_a_projector_a_run_folds_what_would_push_its_picture_down(lab):
    lab.more.value = True
    press(lab)
    assert lab.more.value
    lab.projector.value = True
    press(lab)
    assert not lab.more.value


def test_runs_of_the_same_rows_in_other_chunks_are_in_one_plot(lab):
    press(lab)
    lab.chunks.value = 1
    press(lab)
    assert "of other work" not in lab.plot.value
    lab.rows.value = 600
    press(lab)
    assert "2 runs of other work are not in this plot" in lab.plot.value


def test_clear_removes_the_runs(lab):
    press(lab)
    lab.clear_button.click()
    assert (lab.table.value, lab.code.value, lab._named()) == ("", "", [])
    assert lab.shown_run.layout.visibility == "hidden"
    assert "<svg" not in lab.picture.value
    assert "Run 1, " in press(lab)


def test_processes_go_to_twice_the_usable_cpus(lab):
    assert list(lab.processes.options) == list(range(1, 2 * usable_cpus() + 1))
    assert lab.processes.value == usable_cpus()


def test_projector_scales_the_whole_lab(lab):
    lab.projector.value = True
    assert "projector" in lab._dom_classes
    lab.projector.value = False
    assert "projector" not in lab._dom_classes


def test_two_labs_at_once_do_not_disturb_each_other(lab):
    other = PoolLab()
    other.rows.value = 300
    lab.run_button.click()
    other.run_button.click()
    lab.thread.join(timeout=50)
    other.thread.join(timeout=50)
    assert [len(one.experiment.results) for one in (lab, other)] == [1, 1]
    assert "300" in other.table.value
    both = "Another lab of this notebook measured at the same time"
    assert both in lab.status.value
    assert both in other.status.value
    assert both in lab.picture.value
    assert "Another lab" not in press(lab)


@pytest.mark.parametrize("kind", [SpeedupLab, OrderLab, PoolLab])
def test_no_name_of_a_lab_hides_one_that_a_widget_needs(kind):
    own = {name for lab in kind.__mro__[:2] for name, value in vars(lab).items() if callable(value)}
    assert own & set(dir(widgets.VBox)) <= {"__init__", "__repr__", "_repr_mimebundle_"}
