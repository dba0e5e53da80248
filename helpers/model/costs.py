"""What a pool itself costs: starting its workers, and the legs of each message's round trip."""

import math
import numbers
from dataclasses import dataclass


@dataclass(frozen=True)
class Leg:
    """One leg of a message's round trip, in CPU seconds: for the message, for each byte, and for each of its tasks."""

    message: float = 0.0
    byte: float = 0.0
    task: float = 0.0

    def seconds(self, tasks: int, size: float) -> float:
        """Return the CPU seconds for one message of this many tasks and bytes."""
        return self.message + tasks * self.task + size * self.byte


@dataclass(frozen=True)
class Costs:
    """What a pool costs beside the tasks' own work, in CPU seconds.

    fork: in the parent, for each worker that it starts. boot: in a worker, until it is ready for its first task. The
    legs of a round trip: send (pickling, in the parent), receive (unpickling, in a worker), reply (pickling the
    results, in the worker) and collect (unpickling them, in the parent).

    Raises ValueError for a cost below 0, and TypeError for a leg that is not a `Leg`, with the name of the cost.
    """

    fork: float = 1e-3
    boot: float = 5e-3
    send: Leg = Leg(3e-5, 5e-10, 5e-7)
    receive: Leg = Leg(3e-5, 5e-10, 2e-6)
    reply: Leg = Leg(3e-5, 5e-10)
    collect: Leg = Leg(3e-5, 5e-10, 5e-7)

    def __post_init__(self) -> None:
        require_not_negative("fork", self.fork)
        require_not_negative("boot", self.boot)
        for name in ("send", "receive", "reply", "collect"):
            leg = getattr(self, name)
            if not isinstance(leg, Leg):
                raise TypeError(f"{name} must be a Leg(message, byte, task), not {leg!r}")
            for part, cost in vars(leg).items():
                require_not_negative(f"{name}.{part}", cost)

    def times(self, factor: float) -> "Costs":
        """Return the costs of messages that take so many times as long; those of a start stay as they are."""
        slower = (
            Leg(leg.message * factor, leg.byte * factor, leg.task * factor)
            for leg in (self.send, self.receive, self.reply, self.collect)
        )
        return Costs(self.fork, self.boot, *slower)


def require_not_negative(name: str, number: float) -> None:
    """Raise ValueError, with the name, unless this is a finite number of 0 or more."""
    if not isinstance(number, numbers.Real) or isinstance(number, bool) or not 0 <= number < math.inf:
        raise ValueError(f"{name} must be a number of 0 or more, not {number!r}")
