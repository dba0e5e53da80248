"""An experiment keeps what was measured, whatever happens after it; and it can be stopped at any moment."""

import csv
import threading
import time
from dataclasses import replace

import pytest
import workers  # noqa: F401 - the own functions of these tests

from helpers.lab import plan as plans
from helpers.lab.experiment import Experiment, Stopped, every_start, sweep
from helpers.lab.plan import Plan
from helpers.lab.result import laws_of
from helpers.lab.trace import load_run
from helpers.machine import start_methods
from helpers.pool.errors import WorkerDied
from helpers.timing import Timing

PLAN = Plan(rows=400, processes=2, chunks=6)
NAPS = replace(PLAN, task=plans.OWN, function="workers.quarter_nap")


def quiet(news: object) -> None:
    """Hear the news, and say nothing."""


@pytest.fixture
def experiment():
    return Experiment()


@pytest.mark.parametrize("start_method", start_methods())
@pytest.mark.parametrize("method", plans.METHODS)
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_every_way_to_run_a_plan_is_measured_with_all_its_spans(experiment, start_method, method, warm):
    plan = replace(PLAN, start_method=start_method, method=method, warm=warm)
    experiment.carry_out([plan], quiet)
    (result,) = experiment.results
    assert result.plan == plan
    assert result.run.start_method == start_method
    assert [span.task for span in result.run.spans] == list(range(6))
    assert result.timing.repeats == 1
    assert result.speedup == result.serial.median / result.timing.median


def test_a_sweep_gives_each_number_of_processes_one_result_with_all_repeats(experiment):
    experiment.carry_out(sweep(replace(PLAN, processes=3)), quiet, repeats=2, predicted=1.5)
    assert [result.plan.processes for result in experiment.results] == [1, 2, 3]
    assert [result.timing.repeats for result in experiment.results] == [2, 2, 2]
    assert [result.predicted for result in experiment.results] == [1.5, None, None]


def test_the_runs_of_a_sweep_are_interleaved(experiment):
    heard = []
    experiment.carry_out(sweep(PLAN), lambda news: heard.append((news.number, news.runs, news.what)), repeats=2)
    order = [what for number, runs, what in dict.fromkeys(heard) if runs == 4]
    assert order == [plan.label for plan in sweep(PLAN)] * 2


def test_every_start_method_of_the_platform_is_compared(experiment):
    experiment.carry_out(every_start(PLAN), quiet)
    assert [result.run.start_method for result in experiment.results] == start_methods()


def test_the_model_says_what_it_expects_of_each_run(experiment):
    experiment.carry_out([NAPS], quiet)
    (result,) = experiment.results
    assert result.modelled >= 6 * 0.25 / 2
    assert result.simulate(6, 6).seconds < result.simulate(1, 1).seconds
    assert [span.task for span in result.simulate(6, 6).spans] == list(range(6))


def test_of_many_tasks_some_are_measured_one_a_message(experiment):
    experiment.carry_out([replace(PLAN, task=plans.DRAWS, rows=4000, chunks=80)], quiet)
    (result,) = experiment.results
    assert len(result.sample.durations) == 80
    assert result.sample.costs.send.message > result.sample.costs.send.task


def test_where_the_serial_timing_is_given_the_model_knows_nothing():
    given = Experiment(serial=Timing("loop", (1.0,), (1.0,)))
    given.carry_out([PLAN], quiet)
    assert given.results[0].modelled is None
    with pytest.raises(ValueError, match="the model knows nothing of these tasks"):
        given.results[0].simulate(4, 4)


def test_laws_are_fitted_to_a_sweep_and_to_nothing_less(experiment):
    experiment.carry_out(sweep(PLAN), quiet, repeats=2)
    assert laws_of(experiment.results) == []
    experiment.carry_out([replace(PLAN, processes=3)], quiet)
    assert [law.name for law in laws_of(experiment.results)] == ["Amdahl's law", "With overhead"]
    experiment.carry_out([replace(PLAN, rows=500)], quiet)
    assert laws_of(experiment.results) == []


def test_the_serial_loop_is_measured_once_for_the_same_work(experiment):
    experiment.carry_out(sweep(PLAN), quiet)
    experiment.carry_out([replace(PLAN, method="imap")], quiet)
    assert len({id(result.serial) for result in experiment.results}) == 1
    experiment.carry_out([replace(PLAN, rows=500)], quiet)
    assert experiment.results[-1].serial is not experiment.results[0].serial


def test_news_come_while_a_run_goes_on_and_see_the_task_under_way(experiment):
    seen = []

    def hear(news):
        outcomes = {span.outcome for span in news.pool.live.spans} if news.pool else set()
        seen.append((news.what, news.done, outcomes))

    experiment.carry_out([NAPS], hear)
    during = [(done, outcomes) for what, done, outcomes in seen if what == NAPS.label and 0 < done < 6]
    assert during
    assert any("running" in outcomes for _, outcomes in during)
    assert seen[-1][1:] == (6, {"ok"})


@pytest.mark.parametrize("start_method", start_methods())
@pytest.mark.parametrize("after", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("method", ["map", "imap"])
def test_stop_ends_a_run_and_keeps_what_was_before(experiment, start_method, after, method):
    experiment.carry_out([PLAN], quiet)
    kept = list(experiment.results)
    long = replace(NAPS, chunks=4000, start_method=start_method, method=method, warm=True)
    threading.Timer(after, experiment.stop).start()
    with pytest.raises(Stopped):
        experiment.carry_out([long], quiet)
    assert experiment.results == kept
    experiment.carry_out([PLAN], quiet)
    assert len(experiment.results) == 2


def test_stop_before_the_pool_is_there_is_not_lost(experiment):
    experiment.stop()
    with pytest.raises(Stopped):
        experiment.carry_out([PLAN], quiet)


def test_a_stopped_sweep_keeps_the_runs_that_were_done(experiment):
    def stop_in_the_third(news):
        if news.number == 3 and news.runs == 6:
            threading.Thread(target=experiment.stop).start()
            time.sleep(0.05)

    plans_to_run = sweep(replace(NAPS, processes=3))
    with pytest.raises(Stopped):
        experiment.carry_out(plans_to_run, stop_in_the_third, repeats=2)
    assert [result.plan.processes for result in experiment.results] == [1, 2]


@pytest.mark.parametrize(
    "function, error", [("workers.negative_root", ValueError), ("workers.leave", WorkerDied)], ids=["raises", "dies"]
)
def test_a_task_that_fails_is_told_and_loses_nothing(experiment, function, error):
    experiment.carry_out([PLAN], quiet)
    with pytest.raises(error):
        experiment.carry_out([replace(NAPS, function=function)], quiet)
    assert len(experiment.results) == 1


def test_saved_files_hold_the_timings_and_the_runs(experiment, tmp_path):
    experiment.carry_out(sweep(PLAN), quiet)
    files = experiment.save(tmp_path / "runs")
    names = ["run_1.json", "run_1.trace.json", "run_2.json", "run_2.trace.json", "timings.csv"]
    assert sorted(path.name for path in files) == names
    with (tmp_path / "runs_1" / "timings.csv").open(newline="") as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    assert seconds == [second for result in experiment.results for second in result.timing.seconds]
    assert load_run(tmp_path / "runs_1" / "run_2.json") == experiment.results[1].run


def test_saving_twice_replaces_no_file(experiment, tmp_path):
    experiment.carry_out([PLAN], quiet)
    first, second = (experiment.save(tmp_path / "runs") for _ in range(2))
    assert not set(first) & set(second)
    assert all(path.exists() for path in first + second)


def test_saving_nothing_is_refused_and_leaves_no_folder(experiment, tmp_path):
    with pytest.raises(ValueError, match="nothing to save yet; run something first"):
        experiment.save(tmp_path / "runs")
    assert list(tmp_path.iterdir()) == []


def test_two_experiments_at_once_do_not_disturb_each_other():
    experiments = [Experiment(), Experiment()]
    threads = [threading.Thread(target=one.carry_out, args=(sweep(PLAN), quiet)) for one in experiments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in experiments:
        assert [[span.task for span in result.run.spans] for result in one.results] == [list(range(6))] * 2
