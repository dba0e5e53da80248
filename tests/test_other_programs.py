"""What other programs take of the CPUs: from counters that are made by hand, and of this machine."""

import functools
import multiprocessing
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import psutil
import pytest

from helpers import machine, other_programs
from helpers.machine import start_methods
from helpers.other_programs import Others, Watch, words_of
from helpers.tasks import compute_for
from helpers.timing import compare, measure

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux adds up what ended grandchildren have used")


@dataclass
class Counters:
    """In the place of this machine's counters: CPU seconds, by what they were spent on, spread over two CPUs."""

    moment: float = 100.0
    user: float = 50.0
    steal: float = 0.0
    process: float = 5.0
    waited_for: float = 3.0
    idle: float | None = None
    children: dict[int, float] = field(default_factory=dict)
    cpus: tuple[int, ...] = (0, 1)
    existing: int = 2

    def cpu_times(self, percpu):
        assert percpu
        idle = self.existing * self.moment - self.user - self.steal if self.idle is None else self.idle
        each = {"user": self.user, "steal": self.steal, "idle": idle}
        return [SimpleNamespace(**{name: value / self.existing for name, value in each.items()})] * self.existing

    def passes(self, seconds, **used):
        self.moment += seconds
        for name, value in used.items():
            setattr(self, name, getattr(self, name) + value)


@pytest.fixture
def counters(monkeypatch):
    made = Counters()
    clocks = SimpleNamespace(perf_counter=lambda: made.moment, process_time=lambda: made.process)
    system = SimpleNamespace(
        getpid=lambda: 1,
        times=lambda: SimpleNamespace(children_user=made.waited_for, children_system=0.0),
        sched_getaffinity=lambda _pid: set(made.cpus),
        sysconf=lambda name: {"SC_NPROCESSORS_CONF": made.existing}[name],
    )
    monkeypatch.setattr(other_programs, "time", clocks)
    monkeypatch.setattr(other_programs, "os", system)
    monkeypatch.setattr(psutil, "cpu_times", made.cpu_times)
    monkeypatch.setattr(machine, "usable_cpus", lambda: len(made.cpus))
    monkeypatch.setattr(other_programs, "_descendants", lambda pid, first: iter(made.children.items()))
    return made


def test_what_all_have_used_less_what_this_process_has_used_is_that_of_others(counters):
    watch = Watch()
    counters.passes(10.0, user=14.0, process=9.0)
    assert watch.others() == Others(10.0, 5.0, 0.0, 2)


def test_children_that_live_and_children_that_have_ended_are_no_others(counters):
    """One child was there before, with 4 s, and ends with 6 s; another begins, with 1 s."""
    counters.children[7] = 4.0
    watch = Watch()
    counters.children = {8: 1.0}
    counters.passes(10.0, user=3.0, waited_for=6.0)
    assert watch.others() == Others(10.0, 0.0, 0.0, 2)


def test_a_watch_can_be_asked_again(counters):
    watch = Watch()
    counters.passes(1.0, user=1.0)
    assert watch.others().used == 1.0
    counters.passes(1.0, user=0.5)
    assert watch.others() == Others(2.0, 1.5, 0.0, 2)


def test_what_the_host_stole_is_told_apart(counters):
    watch = Watch()
    counters.passes(10.0, user=8.0, process=8.0, steal=6.0)
    assert watch.others() == Others(10.0, 0.0, 6.0, 2)


def test_interrupts_count_and_guests_of_this_machine_count_once(counters, monkeypatch):
    def times(percpu):
        idle = 2 * counters.moment - counters.user
        names = {"user": 0.0, "nice": 0.0, "system": 0.0, "irq": 0.0, "softirq": 0.0, "guest": 0.0}
        share = counters.user / 5
        return [SimpleNamespace(**dict.fromkeys(names, share), idle=idle, iowait=0.0), SimpleNamespace(user=0.0)]

    monkeypatch.setattr(psutil, "cpu_times", times)
    watch = Watch()
    counters.passes(10.0, user=5.0)
    assert watch.others().used == pytest.approx(5.0)


def test_only_the_cpus_that_this_process_may_use_are_looked_at(counters):
    counters.existing, counters.cpus = 8, (2, 3)
    watch = Watch()
    counters.passes(10.0, user=40.0)
    assert watch.others() == Others(10.0, 10.0, 0.0, 2)


def test_within_a_quota_nothing_is_known(counters, monkeypatch):
    monkeypatch.setattr(machine, "usable_cpus", lambda: 1)
    watch = Watch()
    counters.passes(10.0, user=20.0)
    assert watch.others() is None


def test_where_the_numbers_of_the_cpus_are_not_clear_nothing_is_known(counters, monkeypatch):
    counters.cpus = (0,)
    monkeypatch.setattr(other_programs.os, "sysconf", lambda name: 3)
    watch = Watch()
    counters.passes(10.0)
    assert watch.others() is None


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.passes(0.19),  # too short
        lambda made: setattr(made, "cpus", (0,)),  # bound to another CPU meanwhile
        lambda made: made.passes(10.0, waited_for=-3.0),  # a child that nobody has waited for
        lambda made: (setattr(made, "idle", 100.0), made.passes(10.0)),  # counters that stand still, as in a sandbox
    ],
)
def test_what_cannot_be_known_is_not_claimed(counters, change):
    counters.idle = 100.0 if counters.idle else None
    watch = Watch()
    change(counters)
    counters.passes(0.0, user=1.0)
    assert watch.others() is None


def test_where_this_process_started_a_program_nothing_is_known(counters):
    """A fork server that the program leaves behind takes along what its workers have used: nobody waits for it."""
    watch = Watch()
    subprocess.run([sys.executable, "-c", ""], check=True)
    counters.passes(10.0, user=8.0)
    assert watch.others() is None


@pytest.mark.parametrize("method", start_methods())
@linux
def test_a_pool_of_this_process_is_no_program(counters, method):
    watch = Watch()
    with multiprocessing.get_context(method).Pool(1) as pool:
        pool.apply(abs, (1,))
    counters.passes(10.0, user=8.0)
    assert watch.others() is not None


@pytest.fixture
def windows(monkeypatch, counters):
    monkeypatch.setattr(other_programs, "LINUX", False)
    monkeypatch.setattr(other_programs, "WINDOWS", True)
    monkeypatch.setattr(other_programs, "_counting", True)
    counters.children[7] = 4.0
    counters.waited_for = 0.0
    return counters


def test_on_windows_a_pool_that_lives_is_no_other(windows):
    watch = Watch()
    other_programs._audit("open", ())
    windows.children[7] = 9.0
    windows.passes(10.0, user=8.0, process=1.0)
    assert watch.others() == Others(10.0, 2.0, 0.0, 2)


@pytest.mark.parametrize(
    "change", [lambda made: made.children.clear(), lambda made: other_programs._audit("_winapi.CreateProcess", ())]
)
def test_on_windows_nothing_is_known_where_a_child_has_ended_or_may_have(windows, change):
    watch = Watch()
    change(windows)
    windows.passes(10.0, user=8.0)
    assert watch.others() is None


@pytest.mark.parametrize("running, known", [(None, True), (4711, False)])
def test_on_a_mac_nothing_is_known_beside_a_forkserver(counters, monkeypatch, running, known):
    monkeypatch.setattr(other_programs, "LINUX", False)
    forkserver = SimpleNamespace(_forkserver=SimpleNamespace(_forkserver_pid=running))
    monkeypatch.setitem(sys.modules, "multiprocessing.forkserver", forkserver)
    watch = Watch()
    counters.passes(10.0)
    assert (watch.others() is not None) is known


@pytest.mark.parametrize(
    "seconds, used, stolen, matter",
    [
        (10.0, 1.49, 0.0, False),
        (10.0, 1.51, 0.0, True),
        (10.0, 0.8, 0.8, True),
        (0.5, 0.09, 0.0, False),  # an error of the counters may be as large
        (0.5, 0.11, 0.0, True),
    ],
)
def test_others_matter_from_a_sixth_of_a_cpu_and_a_tenth_of_a_second_on(seconds, used, stolen, matter):
    taken = Others(seconds, used, stolen, 2)
    assert taken.matter is matter
    assert bool(taken.in_words()) is matter


@pytest.mark.parametrize(
    "used, stolen, cpus, words",
    [
        (11.0, 0.0, 2, "Other programs used 1.1 of your 2 CPUs while this ran."),
        (0.2, 6.0, 2, "The host gave 0.6 of your 2 CPUs to other guests while this ran."),
        (
            11.0,
            3.0,
            2,
            "Other programs used 1.1 of your 2 CPUs, and the host gave 0.3 to other guests, while this ran.",
        ),
        (5.0, 0.0, 1, "Other programs used 0.5 of your only CPU while this ran."),
    ],
)
def test_the_sentence_names_who_took_the_cpus(used, stolen, cpus, words):
    assert Others(10.0, used, stolen, cpus).in_words() == words


def test_nothing_is_said_of_what_is_not_known():
    assert words_of(None) == ""
    assert words_of(Others(1.0, 1.0, 0.0, 2), "meanwhile") == "Other programs used 1.0 of your 2 CPUs meanwhile."


def test_two_times_add_up():
    assert Others(1.0, 0.5, 0.0, 2) + Others(3.0, 1.0, 0.25, 2) == Others(4.0, 1.5, 0.25, 2)


def family_seconds(first):
    seconds, _ = other_programs._family(first)
    return seconds


@pytest.mark.parametrize("method", start_methods())
@linux
def test_all_that_a_pool_has_used_is_its_familys_whether_it_lives_or_has_ended(method):
    """The workers say themselves how much they have used; the system counts in steps of a hundredth of a second."""
    context = multiprocessing.get_context(method)
    with context.Pool(1) as pool:
        pool.apply(abs, (1,))
        before = family_seconds(True)
        began = pool.apply(time.process_time)
        pool.apply(compute_for, (0.5,))
        used = pool.apply(time.process_time) - began
        lives = family_seconds(False) - before
        pool.close()
        pool.join()
    ended = family_seconds(False) - before
    assert lives >= used - 0.05
    assert ended >= used - 0.05


@pytest.mark.parametrize("first, order", [(True, [1, 2, 4, 3]), (False, [4, 2, 3, 1])])
def test_a_child_that_ends_during_a_look_never_accuses_others(monkeypatch, first, order):
    """Its seconds move to its parent: missed at the beginning of a watch, where parents come first; later, counted
    twice.
    """
    seen = []
    monkeypatch.setattr(other_programs, "LINUX", True)
    monkeypatch.setattr(other_programs, "os", SimpleNamespace(getpid=lambda: 1))
    monkeypatch.setattr(other_programs, "_children_of", {1: [2, 3], 2: [4], 3: [], 4: []}.get)
    monkeypatch.setattr(other_programs, "_seconds_of", lambda pid: seen.append(pid) or 10.0 * pid)
    monkeypatch.setattr(other_programs, "_ended", lambda: seen.append(1) or 1.0)
    monkeypatch.setattr(other_programs, "time", SimpleNamespace(process_time=lambda: 0.5))
    assert other_programs._family(first) == (91.5, {2, 3, 4})
    assert seen == order


@linux
def test_a_process_that_has_ended_has_no_children_and_no_seconds():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert other_programs._seconds_of(gone.pid) == 0.0
    assert dict(other_programs._descendants(gone.pid, True)) == {}


@linux
def test_a_process_whose_parent_has_ended_belongs_to_nobody():
    """What a shell has left behind is another program."""
    start = "import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', 'input()'], stdin=0, stdout=2).pid)"
    with subprocess.Popen([sys.executable, "-c", start], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        left_behind = psutil.Process(int(shell.stdout.readline()))
        shell.wait()
        assert left_behind.pid not in dict(other_programs._descendants(os.getpid(), True))
        shell.stdin.close()  # ends it


@linux
def test_both_ways_to_find_the_descendants_find_the_same(monkeypatch):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.map(abs, range(4))
        from_proc = dict(other_programs._descendants(os.getpid(), first=False))
        from_psutil = dict(other_programs._descendants_by_psutil())
        assert from_proc.keys() == from_psutil.keys() >= {process.pid for process in multiprocessing.active_children()}
        monkeypatch.setattr(other_programs, "_children_of", lambda pid: (_ for _ in ()).throw(FileNotFoundError))
        assert dict(other_programs._descendants(os.getpid(), first=True)).keys() == from_proc.keys()


def test_timings_and_comparisons_note_what_others_took_and_show_it_where_it_matters(monkeypatch):
    for used, lines in ((11.0, ["Other programs used 1.1 of your 2 CPUs while this ran."]), (0.5, [])):
        monkeypatch.setattr(Watch, "others", lambda watch, used=used: Others(10.0, used, 0.0, 2))
        comparison = compare({"a": float, "b": float})
        assert comparison.others == comparison["b"].others == Others(10.0, used, 0.0, 2)
        assert repr(comparison).splitlines()[4:] == lines
        assert repr(measure(float)).splitlines()[1:] == lines


def test_the_watch_begins_after_the_warm_up_and_ends_after_the_last_repeat(monkeypatch):
    events = []
    monkeypatch.setattr("helpers.timing.Watch", lambda: events.append("begin") or SimpleNamespace(others=watched))
    watched = functools.partial(events.append, "end")
    assert measure(lambda: events.append("call"), repeats=2, warmup=1).others is None
    assert events == ["call", "begin", "call", "call", "end"]
