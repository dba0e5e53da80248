"""Short names that tell runs apart: what differs between them, and nothing else."""

from collections.abc import Sequence

from helpers.lab.plan import DRAWS, EVEN, OWN, SHUFFLED, SORTED, Plan

_TASKS = {EVEN: "even", SORTED: "sorted", SHUFFLED: "shuffled", DRAWS: "draws"}


def short_names(plans: Sequence[Plan]) -> list[str]:
    """Return a name for each plan, such as "4 p, spawn, warm": its processes, and what is not the same for all plans.

    Equal plans have the same name.
    """
    described = [_describe(plan) for plan in plans]
    differs = [len(set(column)) > 1 for column in zip(*described, strict=True)]
    names = []
    for plan, parts in zip(plans, described, strict=True):
        told = [part for part, apart in zip(parts, differs, strict=True) if apart and part]
        names.append(", ".join([f"{plan.processes} p", *told]))
    return names


def _describe(plan: Plan) -> tuple[str, ...]:
    """Return every choice of a plan but its processes in a word or two, in the order in which they are told."""
    own = plan.task == OWN
    return (
        plan.function if own else _TASKS[plan.task],
        "" if own else f"{plan.rows:,} {'draws' if plan.task == DRAWS else 'rows'}",
        f"{plan.chunks:,} chunks" if plan.chunks > 1 else "1 chunk",
        f"by {plan.chunksize:,}",
        plan.method,
        plan.start_method,
        "warm" if plan.warm else "cold",
    )
