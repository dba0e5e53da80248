"""Causes that lie in the workers: how many there are, how they start, what they wait for, and whether a pool pays."""

from collections.abc import Iterator

from helpers.explaining.cause import Cause
from helpers.explaining.facts import LONG, MATTERS, Facts
from helpers.explaining.replay import Replay
from helpers.model import default_chunksize
from helpers.text import bytes_in_words, counted, format_seconds

BLAS_REMEDY = (
    "Allow each worker one such thread: set OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1 before NumPy is imported, or "
    "call threadpoolctl.threadpool_limits(1) in an initializer"
)

INTERPRETER_LOCK = "the interpreter's lock"
OTHERS = "CPUs taken by others"
STARTING = "starting the workers"
TOO_LITTLE_WORK = "too little work for a pool"

CPU_OF_MESSAGE, CPU_OF_BYTE = 2e-4, 5e-9
"""CPU seconds of a message and of a byte in a worker, at most; what it waits for a message is no CPU time."""

MOST_THREADS = 32
"""No more threads are recommended: ThreadPoolExecutor, too, starts no more by default (and 4 more than CPUs)."""


def causes_of_workers(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """Yield what can be wrong with the workers of this run, each with what its remedy would bring."""
    if facts.one_at_a_time:
        yield _one_at_a_time(facts, replay)
    elif facts.is_starved:
        yield _starved(facts)
    if facts.has_busy_manager:
        yield from _manager(facts)
    if facts.waits:
        yield from () if facts.has_busy_manager else _waiting(facts, replay)
    elif facts.threads:
        yield from _interpreter_lock(facts, replay)
    else:
        yield from _number_of_workers(facts, replay)
        yield from _load(facts)
    yield from _start(facts, replay)
    yield from _no_pool(facts, replay)


def _one_at_a_time(facts: Facts, replay: Replay) -> Cause:
    evidence = (
        "each task was handed in only after the result of the one before, as `apply` does, so only one worker at a "
        "time had a task"
    )
    remedy = (
        "Hand all tasks in together: map (starmap, if a task has several arguments), imap, or apply_async and a get "
        "for each at the end"
    )
    processes = facts.run.processes
    expected = replay.expect(processes=processes, chunksize=default_chunksize(len(facts.spans), processes))
    return Cause("one task at a time", facts.spent.idle, evidence, remedy, expected)


def _starved(facts: Facts) -> Cause:
    seconds = facts.starved / facts.run.processes
    evidence = (
        f"for {format_seconds(seconds)}, workers were idle because the program had not yet handed in the next task: it "
        "worked between its calls, or its input came slowly"
    )
    remedy = "Let the tasks do what the program does meanwhile; or hand them in earlier, if they are known by then"
    return Cause("the program hands in too little", facts.starved, evidence, remedy, None, seconds)


def _waiting(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """Tasks that wait for something: more of them can wait at the same time, and threads cost less than processes.

    Not so where they wait for each other.
    """
    if facts.wait_in_turn:
        yield _something_shared(facts)
        return
    tasks, now = len(facts.spans), facts.run.processes
    several = min(tasks, MOST_THREADS, max(now + 1, int(facts.cpus / max(facts.cpu_share, 1e-3))))
    known = (
        "and did not wait for one; they"
        if facts.run.load is not None
        else ("and how long they waited for one was not recorded; unless other programs took the CPUs, they")
    )
    evidence = (
        f"the tasks had a CPU for {facts.cpu_share:.0%} of their time, {known} waited for something else (a file, the "
        "network, a lock, a sleep, a Manager)"
    )
    together = ", and all tasks handed in together" if facts.one_at_a_time else ""
    remedy = "Let more of them wait at the same time; threads cost less for this: "
    remedy += f"ThreadPool({several}), with chunksize=1{together}"
    expected = replay.expect(processes=several, chunksize=1, warm=True)
    yield Cause("tasks that wait", facts.waiting_for_cpu, evidence, remedy, max(expected, facts.computing))


def _something_shared(facts: Facts) -> Cause:
    lost = facts.waiting_for_cpu
    evidence = (
        f"for {format_seconds(lost)} of the workers' time, tasks neither computed nor waited for a CPU: they waited "
        "for something else, such as a lock that they share, or a file"
    )
    remedy = (
        "If it is a lock, compute before taking it, and hold it for the update only; or return the values, and put "
        "them together in the program"
    )
    return Cause("something that tasks share", lost, evidence, remedy, None, lost / facts.run.processes)


def _manager(facts: Facts) -> Iterator[Cause]:
    load, lost = facts.run.load, facts.waiting_for_cpu
    if load is None or lost < 0.1 * facts.spent.whole:
        return
    evidence = (
        f"a Manager of the program used {format_seconds(load.managers)} of CPU meanwhile, and the tasks waited for its "
        "answers: each use of what it holds is a message there and another one back"
    )
    remedy = (
        "Return results from the tasks, and put them together in the program; or let the tasks use what the Manager "
        "holds less often"
    )
    yield Cause("what a Manager holds", lost, evidence, remedy, None, lost / facts.run.processes)


def _interpreter_lock(facts: Facts, replay: Replay) -> Iterator[Cause]:
    if not facts.takes_turns:
        return
    evidence = (
        f"{counted(facts.run.processes, 'thread')} kept {facts.cpus_used:.1f} CPUs busy; only the thread that holds "
        "the interpreter's lock (GIL) computes"
    )
    remedy = f"Take processes: Pool({min(facts.run.processes, facts.cpus)})"
    processes = min(facts.run.processes, facts.cpus)
    expected = replay.expect(processes=processes, cpus=facts.cpus, warm=False)
    yield Cause(INTERPRETER_LOCK, facts.waiting_for_cpu, evidence, remedy, expected)


def _number_of_workers(facts: Facts, replay: Replay) -> Iterator[Cause]:
    processes, cpus = facts.run.processes, facts.cpus
    chunksize = max(1, min(facts.chunksize, -(-facts.most_in_a_round // cpus)))
    expected = replay.expect(processes=cpus, chunksize=chunksize)
    remedy = f"Start as many workers as there are CPUs: {cpus} instead of {processes}"
    if processes > cpus:
        evidence = (
            f"{counted(processes, 'worker')} shared {counted(cpus, 'CPU')}; their tasks waited "
            f"{format_seconds(facts.waiting_for_cpu)} for one, and all of them took "
            f"{format_seconds(facts.spent.starting)} of their time to start, with an initializer if there is one"
        )
        lost = facts.waiting_for_cpu + facts.spent.starting
        yield Cause("more workers than CPUs", lost, evidence, remedy, expected)
    elif processes < cpus:
        evidence = f"{counted(processes, 'worker')} left {counted(cpus - processes, 'CPU')} unused"
        yield Cause("CPUs that nobody used", 0.0, evidence, remedy, expected)


def _load(facts: Facts) -> Iterator[Cause]:
    """What the CPUs did beside the tasks, where that is known: for lost tasks, nobody knows what they computed."""
    load = facts.run.load
    if load is None or load.seconds <= 0 or facts.lost_tasks:
        return
    part = min(1.0, load.seconds / facts.run.seconds)
    computing = facts.computing * part
    handling = (
        min(facts.spent.sending + facts.spent.returning + facts.spent.starting, _most_cpu_of_messages(facts)) * part
    )
    own = load.workers - computing - handling
    could, lost = facts.cpus * load.seconds, facts.waiting_for_cpu
    if own > 0.3 * computing and own > MATTERS * could:
        used, theirs = format_seconds(load.workers), format_seconds(computing)
        evidence = (
            f"the workers used {used} of CPU, and {theirs} of it in the thread that called your function, which starts "
            "threads of its own, as NumPy's BLAS does; they share the CPUs"
        )
        yield Cause("threads inside the workers", lost, evidence, BLAS_REMEDY, None, lost / facts.run.processes)
    elif facts.waits_for_no_cpu and not facts.has_busy_manager:
        yield _something_shared(facts)
    elif facts.cpus_of_others > MATTERS * facts.cpus and lost > 0.1 * facts.spent.whole:
        waited = "and the tasks waited for one"
        if load.seconds < LONG:
            waited = f"and the tasks had none for {format_seconds(lost)}; whether they waited for one, so short a run "
            waited += "does not show"
        others = f"other programs used {facts.cpus_of_others:.1f} of {counted(facts.cpus, 'CPU')} meanwhile"
        evidence = f"{others}, {waited}"
        remedy = "Close them, or measure again when the machine is quiet"
        yield Cause(OTHERS, lost, evidence, remedy, None, lost / facts.run.processes)


def _most_cpu_of_messages(facts: Facts) -> float:
    """Return the most CPU seconds that the workers can have used to start, to unpickle and to pickle."""
    size = sum(facts.sizes_in) + sum(facts.sizes_out)
    return facts.boot * facts.run.processes + CPU_OF_MESSAGE * len(facts.messages) + CPU_OF_BYTE * size


def _start(facts: Facts, replay: Replay) -> Iterator[Cause]:
    if not facts.boot or facts.run.processes > facts.cpus and not facts.waits:  # then there are too many of them
        return
    evidence = f"the workers needed {format_seconds(facts.boot)} until they were ready ({facts.run.start_method})"
    more = " (this one had one)" if len(facts.rounds) == 1 else ""
    remedy = f"Make the pool once and use it for all calls{more}"
    if facts.run.start_method == "forkserver":
        remedy += "; and let the forkserver import what workers need: multiprocessing.set_forkserver_preload([...])"
    elif facts.run.start_method == "spawn":
        remedy += "; and if the modules that workers need import much, let them import less"
    yield Cause(STARTING, facts.spent.starting, evidence, remedy, replay.expect(warm=True))


def _no_pool(facts: Facts, replay: Replay) -> Iterator[Cause]:
    """Work that is too short for any pool: a plain loop beats every chunk size. The time of a lost task is unknown."""
    alone = facts.one_at_a_time  # they could be handed in together
    if facts.lost_tasks or facts.has_few_tasks and not alone:
        return
    most, processes = len(facts.spans) if alone else facts.most_in_a_round, facts.run.processes
    sizes = {1, facts.chunksize, default_chunksize(most, processes), -(-most // processes)}
    pools = [replay.expect(chunksize=size, processes=min(processes, facts.cpus)) for size in sizes]
    loop = replay.expect_of_loop()
    may_wait = facts.typical_wall * len(facts.spans) >= 0.9 * min(pools)  # and what waits would take as long in a loop
    if loop < 0.9 * min(pools) and not may_wait:
        tasks = len(facts.spans)
        together = f"all {counted(tasks, 'task')} together take" if tasks > 1 else "the only task takes"
        work = f"{together} {format_seconds(replay.work_of_loop)} in one process"
        evidence = f"{work}, less than what a pool costs"
        remedy = "Call the function in a plain loop"
        if facts.has_large_results:
            evidence += f"; each of {counted(len(facts.messages), 'message')} brought back about "
            evidence += bytes_in_words(facts.message_bytes_out)
            remedy += ", or return only what is needed"
        yield Cause(TOO_LITTLE_WORK, facts.lost, evidence, remedy, loop)
