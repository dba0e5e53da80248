"""Where the labels of dots go, so that none lies on another one or on anything else. All lengths are in pixels.

The same dots always get the same places. y grows upwards, as in matplotlib.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

HEIGHT = 14.0
"""Of a line of words, with the gap to the next one."""

AWAY = 9.0
"""From the middle of a dot to its label."""

STEP, FARTHEST = 3.0, 30.0
"""How far a label is moved at a time, and at most, to where nothing is in its way."""


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: "Box") -> bool:
        """Return whether the two have more than an edge in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top


class Dot(NamedTuple):
    """A dot with its label: its middle, and how wide the label is."""

    x: float
    y: float
    width: float


def place_labels(dots: Sequence[Dot], taken: Sequence[Box], room: Box) -> list[Box | None]:
    """Return where the label of each dot goes; None where there is no place left for it within the room.

    taken: what no label may cover, such as the dots themselves. The labels of dots above each other keep their order,
    and stand side by side with their dots where they can. Where they are too many, the last dots keep theirs.
    """
    places: list[Box | None] = [None] * len(dots)
    used = [*taken]
    most = max(1, int((room.top - room.bottom) // HEIGHT))
    columns: dict[float, list[int]] = {}
    for number, dot in enumerate(dots):
        columns.setdefault(dot.x, []).append(number)
    heights: dict[int, float] = {}
    for column in columns.values():
        kept = sorted(column[-most:], key=lambda number: (dots[number].y, number))
        heights |= zip(kept, _spread([dots[number].y for number in kept], room), strict=True)
    for number in sorted(heights, reverse=True):
        for box in _candidates(dots[number], heights[number], room):
            if not any(box.overlaps(other) for other in used):
                places[number] = box
                used.append(box)
                break
    return places


def _spread(heights: Sequence[float], room: Box) -> list[float]:
    """Return the heights, which are in order, moved apart by HEIGHT or more and into the room, and no further."""
    groups: list[tuple[float, int]] = []  # the middle of labels that touch, and how many they are
    for height in heights:
        middle, count = _inside(height, 1, room), 1
        while groups and middle - groups[-1][0] < (count + groups[-1][1]) / 2 * HEIGHT:
            before, more = groups.pop()
            middle, count = (middle * count + before * more) / (count + more), count + more
            middle = _inside(middle, count, room)
        groups.append((middle, count))
    return [middle + (place - (count - 1) / 2) * HEIGHT for middle, count in groups for place in range(count)]


def _inside(middle: float, count: int, room: Box) -> float:
    """Return the middle of this many labels, moved into the room if it is not there."""
    half = count / 2 * HEIGHT
    return max(room.bottom + half, min(room.top - half, middle))


def _candidates(dot: Dot, y: float, room: Box) -> Iterator[Box]:
    """Yield the places within the room for a label, the best first: to the right of its dot, then to the left."""
    steps = int(FARTHEST / STEP) + 1
    for left in (dot.x + AWAY, dot.x - AWAY - dot.width):
        if left < room.left or left + dot.width > room.right:
            continue
        for middle in (y + sign * step * STEP for step in range(steps) for sign in ((1, -1) if step else (1,))):
            if room.bottom <= middle - HEIGHT / 2 and middle + HEIGHT / 2 <= room.top:
                yield Box(left, middle - HEIGHT / 2, left + dot.width, middle + HEIGHT / 2)
