"""Pickle the values of a message one after another into one stream, and unpickle them again.

Each value has its own moment, its own size and its own error. As in the stock pool, what the values of a message share
is pickled once, and reducers that a program registers are honoured at any time. Workers import this module: keep it
light.
"""

import io
import pickle
from multiprocessing import reduction
from pickle import PickleBuffer
from typing import Any

Stream = bytes | list[bytes]
"""The pickled values of a message: joined, or in pieces, so that large ones are not copied."""

SMALL = 4096
"""Bytes: pieces that are smaller on average are joined, since many pieces take longer to pickle than one."""


class StreamWriter:
    """Pickle values, one after another."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.write = self._pieces.append  # what a pickler wants of a file
        self._dump = reduction.ForkingPickler(self).dump  # looked up here: a program may put its own in its place
        self._good = 0

    def add(self, value: object) -> int:
        """Pickle one more value, and return its size in bytes. What it raises is the value's own error."""
        self._dump(value)
        before, self._good = self._good, len(self._pieces)
        if self._good == before + 1:
            return len(self._pieces[-1])
        pieces = self._pieces[before:]  # a large buffer comes as it is, and may change before it is sent
        self._pieces[before:] = pieces = [p if type(p) is bytes else bytes(PickleBuffer(p).raw()) for p in pieces]
        return sum(map(len, pieces))

    def stream(self) -> Stream:
        """Return all values that were added; one that could not be pickled is left out."""
        del self._pieces[self._good :]
        if sum(map(len, self._pieces)) < SMALL * len(self._pieces):
            return b"".join(self._pieces)
        return self._pieces


class StreamReader:
    """Unpickle the values of a stream, in the order in which they were added."""

    def __init__(self, stream: Stream) -> None:
        file = io.BytesIO(stream if isinstance(stream, bytes) else b"".join(stream))
        self.next = pickle.Unpickler(file).load


def dumps(value: object) -> bytes:
    """Pickle one value as the stock pool does."""
    return bytes(reduction.ForkingPickler.dumps(value))


def loads(data: bytes) -> Any:
    """Unpickle one value."""
    return pickle.loads(data)
