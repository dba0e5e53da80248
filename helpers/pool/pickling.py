"""Pickle the values of a message one by one, so that an error is that of its value, and open them again.

Workers import this module: keep it light.
"""

import io
import pickle
from multiprocessing.reduction import ForkingPickler
from typing import Any

_reducers = ForkingPickler(io.BytesIO()).dispatch_table  # how the stock pool pickles connections, methods and so on

Pickled = bytes | list[bytes]
"""A pickled value; a big one in several pieces."""


class Packer:
    """Pickle the values of one message as the stock pool does: an object that they share is written once."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.write = self.pieces.append  # a pickler wants a file; small things come in one piece, big ones uncopied
        self.pickler = pickle.Pickler(self)
        self.pickler.dispatch_table = _reducers

    def pack(self, value: object) -> Pickled:
        self.pickler.dump(value)
        if len(self.pieces) == 1:
            return self.pieces.pop()
        pieces = self.pieces[:]
        self.pieces.clear()
        return pieces


class Unpacker:
    """Unpickle the values of one message, in the order in which they were packed."""

    def __init__(self) -> None:
        self.file = io.BytesIO()
        self.unpickler = pickle.Unpickler(self.file)

    def unpack(self, data: Pickled) -> Any:
        self.file.seek(0)
        if type(data) is bytes:
            self.file.write(data)
        else:
            self.file.writelines(data)
        self.file.seek(0)
        return self.unpickler.load()


def size_of(data: Pickled) -> int:
    """Return the bytes of a pickled value."""
    return len(data) if type(data) is bytes else sum(memoryview(piece).nbytes for piece in data)
