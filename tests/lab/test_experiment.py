"""An experiment reports its progress, keeps its results whatever happens later, and can be stopped at any moment."""

import csv
import json
import multiprocessing
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest
import workers  # noqa: F401 - functions for the tasks of these tests

from helpers.lab import plan as plans
from helpers.lab.experiment import Experiment, Progress, Stopped
from helpers.lab.plan import Plan, sweep_processes, sweep_start_methods
from helpers.lab.result import fit_laws
from helpers.machine import start_methods, usable_cpus
from helpers.other_programs import Others, Watch
from helpers.tasks import identity
from helpers.timing import Timing
from helpers.xray import WorkerDied

PLAN = Plan(rows=400, processes=2, chunks=6)
NAPS = replace(PLAN, task=plans.OWN, function="workers.quarter_nap")
SERIAL = Timing("loop", (1.0,), (1.0,))


def run(experiment: Experiment, plans_to_run: Sequence[Plan], repeats: int = 1, predicted: float | None = None) -> None:
    """Run the plans to their end, and ignore the progress."""
    for _ in experiment.run(plans_to_run, repeats, predicted):
        pass


@pytest.fixture
def experiment():
    return Experiment()


@pytest.mark.parametrize("start_method", start_methods())
@pytest.mark.parametrize("method", plans.METHODS)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_every_way_to_run_a_plan_is_measured_with_all_its_spans(experiment, start_method, method, warm):
    plan = replace(PLAN, start_method=start_method, method=method, warm=warm)
    run(experiment, [plan])
    (result,) = experiment.results
    assert result.plan == plan
    assert result.run.start_method == start_method
    assert [span.task for span in result.run.spans] == list(range(6))
    assert result.timing.repeats == 1
    assert result.speedup == result.serial.median / result.timing.median


def test_a_sweep_gives_each_number_of_processes_one_result_with_all_repeats(experiment):
    run(experiment, sweep_processes(replace(PLAN, processes=3)), repeats=2, predicted=1.5)
    assert [result.plan.processes for result in experiment.results] == [1, 2, 3]
    assert [result.timing.repeats for result in experiment.results] == [2, 2, 2]
    assert [result.predicted for result in experiment.results] == [1.5, None, None]


def test_the_runs_of_a_sweep_are_interleaved(experiment):
    reports = list(experiment.run(sweep_processes(PLAN), repeats=2))
    assert {report.number for report in reports if report.runs == 4} == {1, 2, 3, 4}
    order = dict.fromkeys((report.number, report.what) for report in reports if report.runs == 4)
    assert [what for _, what in order] == [plan.label for plan in sweep_processes(PLAN)] * 2


def test_every_start_method_of_the_platform_is_compared(experiment):
    run(experiment, sweep_start_methods(PLAN))
    assert [result.run.start_method for result in experiment.results] == start_methods()


def test_the_model_predicts_each_run(experiment):
    run(experiment, [NAPS])
    (result,) = experiment.results
    assert result.predicted_by_model >= 6 * 0.25 / 2
    assert result.simulate(6, 6).seconds < result.simulate(1, 1).seconds
    assert [span.task for span in result.simulate(6, 6).spans] == list(range(6))


def test_an_experiment_watches_the_others_beside_the_loop_and_beside_each_run(experiment, monkeypatch):
    seen = iter([Others(1.0, taken, 0.0, 2) for taken in (0.5, 1.0, 2.0)])
    monkeypatch.setattr(Watch, "others", lambda watch: next(seen))
    run(experiment, [NAPS], repeats=2)
    (result,) = experiment.results
    assert result.serial.others == result.sample.others == Others(1.0, 0.5, 0.0, 2)
    assert result.timing.others == Others(2.0, 3.0, 0.0, 2)


def test_a_result_says_which_of_its_repeats_lie_within_the_models_interval(experiment):
    run(experiment, [NAPS])
    (result,) = experiment.results
    low, high = result.interval(result.simulate(2, usable_cpus()))
    assert low <= result.predicted_by_model <= high
    assert result.model_in_words.endswith(")")
    at = replace(result, timing=Timing("naps", (result.predicted_by_model,), (0.0,)))
    assert (at.inside_in_words, at.with_repeat(10 * high, result.run).inside_in_words) == (
        "inside",
        "1 of 2 runs inside",
    )
    assert replace(at, timing=Timing("naps", (low / 2,), (0.0,))).inside_in_words == "outside"


def test_the_model_knows_waiting_for_a_busy_cpu_from_other_waiting(experiment, monkeypatch):
    run(experiment, [NAPS])
    assert experiment.results[0].sample.waits
    monkeypatch.setattr("helpers.lab.experiment.measure_cpu_share", lambda pool, function, items, run: 0.9)
    run(experiment, [replace(NAPS, chunks=2)])
    assert experiment.results[1].sample.cpu_share == 0.9


def test_of_many_tasks_the_first_are_measured_on_their_own_before_the_serial_loop(experiment):
    reports = list(experiment.run([replace(PLAN, task=plans.DRAWS, rows=4000, chunks=80)]))
    done = [progress.done for progress in reports if progress.what.startswith("the serial loop")]
    assert done.index(20) < done.index(80)
    assert experiment.results[0].sample.timed == 80


def test_where_the_serial_timing_is_given_the_model_knows_nothing():
    given = Experiment(serial=SERIAL)
    run(given, [PLAN])
    assert given.results[0].predicted_by_model is None
    assert given.results[0].model_in_words == given.results[0].inside_in_words == ""
    with pytest.raises(ValueError, match="the model knows nothing of these tasks"):
        given.results[0].simulate(4, 4)


def test_laws_are_fitted_to_a_sweep_and_to_nothing_less(experiment):
    run(experiment, sweep_processes(PLAN), repeats=2)
    assert fit_laws(experiment.results) == []
    run(experiment, [replace(PLAN, processes=3)])
    assert [law.name for law in fit_laws(experiment.results)] == ["Amdahl's law", "With overhead"]
    run(experiment, [replace(PLAN, rows=500)])
    assert fit_laws(experiment.results) == []


def test_the_serial_loop_is_measured_once_for_the_same_work(experiment):
    run(experiment, sweep_processes(PLAN))
    run(experiment, [replace(PLAN, method="imap")])
    assert len({result.serial.seconds for result in experiment.results}) == 1
    run(experiment, [replace(PLAN, rows=500)])
    assert experiment.results[-1].serial != experiment.results[0].serial


def test_progress_is_reported_while_a_run_goes_on_and_its_pool_shows_the_running_tasks(experiment):
    seen = []
    for progress in experiment.run([NAPS]):
        outcomes = {span.outcome for span in progress.pool.live.spans} if progress.pool else set()
        seen.append((progress.what, progress.done, outcomes))
    during = [(done, outcomes) for what, done, outcomes in seen if what == NAPS.label and 0 < done < 6]
    assert during
    assert any("running" in outcomes for _, outcomes in during)
    assert seen[-1][1:] == (6, {"ok"})


@pytest.mark.parametrize("method", plans.METHODS)
def test_progress_is_not_reported_for_each_of_many_short_tasks(method):
    short = Experiment(lambda plan: (identity, range(plan.chunks)), SERIAL)
    reports = list(short.run([replace(PLAN, chunks=2000, method=method)]))
    assert reports[-1].done == 2000
    assert len(reports) < 200


def test_the_fraction_done_counts_the_runs_before():
    progress = Progress("a run", number=2, runs=4, done=3, tasks=6)
    assert progress.fraction == (1 + 3 / 6) / 4
    assert Progress("a step without tasks").fraction == 1


def test_closing_a_run_ends_its_pool_and_keeps_earlier_results(experiment):
    run(experiment, [PLAN])
    with closing(experiment.run([replace(NAPS, chunks=4000)])) as reports:
        next(progress for progress in reports if progress.done)
        assert multiprocessing.active_children() != []
    assert multiprocessing.active_children() == []
    run(experiment, [PLAN])
    assert len(experiment.results) == 2


@pytest.mark.parametrize("start_method", start_methods())
@pytest.mark.parametrize("after", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("method", ["map", "imap"])
def test_stop_ends_a_run_and_keeps_what_was_before(experiment, start_method, after, method):
    run(experiment, [PLAN])
    kept = list(experiment.results)
    long = replace(NAPS, chunks=4000, start_method=start_method, method=method, warm=True)
    threading.Timer(after, experiment.stop).start()
    with pytest.raises(Stopped):
        run(experiment, [long])
    assert experiment.results == kept
    run(experiment, [PLAN])
    assert len(experiment.results) == 2


def test_stop_before_the_pool_is_there_is_not_lost(experiment):
    experiment.stop()
    with pytest.raises(Stopped):
        run(experiment, [PLAN])


def test_a_stopped_sweep_keeps_the_runs_that_were_done(experiment):
    with pytest.raises(Stopped):
        for progress in experiment.run(sweep_processes(replace(NAPS, processes=3)), repeats=2):
            if progress.number == 3 and progress.runs == 6:
                experiment.stop()
    assert [result.plan.processes for result in experiment.results] == [1, 2]


@pytest.mark.parametrize(
    "function, error", [("workers.negative_root", ValueError), ("workers.leave", WorkerDied)], ids=["raises", "dies"]
)
def test_a_task_that_fails_raises_and_earlier_results_stay(experiment, function, error):
    run(experiment, [PLAN])
    with pytest.raises(error):
        run(experiment, [replace(NAPS, function=function)])
    assert len(experiment.results) == 1


def raise_timeout(_: object) -> None:
    raise multiprocessing.TimeoutError("from the task")


@pytest.mark.parametrize("method", plans.METHODS)
def test_a_task_that_raises_a_timeout_error_is_not_taken_for_a_slow_one(method):
    failing = Experiment(lambda plan: (raise_timeout, range(plan.chunks)), SERIAL)
    with pytest.raises(multiprocessing.TimeoutError, match="from the task"):
        run(failing, [replace(PLAN, method=method)])
    assert failing.results == []


def test_saved_files_hold_the_timings_and_the_runs(experiment, tmp_path):
    run(experiment, sweep_processes(PLAN))
    files = experiment.save(tmp_path / "runs")
    names = ["run_1.json", "run_1.trace.json", "run_2.json", "run_2.trace.json", "timings.csv"]
    assert sorted(path.name for path in files) == names
    with open(tmp_path / "runs_1" / "timings.csv", newline="", encoding="utf-8") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    assert seconds == [result.timing.median for result in experiment.results]
    saved = json.loads((tmp_path / "runs_1" / "run_2.json").read_text())
    assert saved["ended"] == experiment.results[1].run.ended


def test_saving_twice_replaces_no_file(experiment, tmp_path):
    run(experiment, [PLAN])
    first, second = (experiment.save(tmp_path / "runs") for _ in range(2))
    assert not set(first) & set(second)
    assert all(path.exists() for path in first + second)


def test_saving_nothing_is_refused_and_leaves_no_folder(experiment, tmp_path):
    with pytest.raises(ValueError, match="nothing to save yet; run something first"):
        experiment.save(tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_two_experiments_at_once_do_not_disturb_each_other():
    experiments = [Experiment(), Experiment()]
    threads = [threading.Thread(target=run, args=(one, sweep_processes(PLAN))) for one in experiments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in experiments:
        assert [[span.task for span in result.run.spans] for result in one.results] == [list(range(6))] * 2
