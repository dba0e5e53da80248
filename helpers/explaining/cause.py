"""One cause of lost time, with its evidence, its remedy, and what the remedy would bring."""

from typing import NamedTuple


class Cause(NamedTuple):
    """One cause of lost time.

    name: in a few words. lost: worker-seconds that it cost, as far as the run shows them. evidence: what was seen.
    remedy: what to change. expected: seconds that the run would take then; None where nothing can be promised. weight:
    seconds by which the cause is ranked, where nothing can be promised.
    """

    name: str
    lost: float
    evidence: str
    remedy: str
    expected: float | None
    weight: float = 0.0

    def gain(self, seconds: float) -> float:
        """Return how many seconds the remedy would save of a run that took this long."""
        return self.weight if self.expected is None else seconds - self.expected
