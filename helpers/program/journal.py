"""The journal: a file in which a program that runs keeps what its pools have done, whatever end it takes.

The file is mapped into memory, so that writing an entry costs no system call, and what was written is there even when
the program is killed a moment later. It grows by segments. Each begins with its size, and each entry with its kind and
the size of its payload; that is written last, so that an entry counts as a whole or not at all.

    segment     8 bytes: the size of the segment, with these bytes; then entries, then zeros
    entry       4 bytes: the size of the payload; 4 bytes: the kind; the payload, filled up to whole 8 bytes
"""

import mmap
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from struct import Struct
from typing import Any

MADE, FUNCTION, RECORD, NOTE, LOAD, CALLED = range(1, 7)
"""The kinds of entries: a pool was made, what is known of a function, some tasks have ended, something to tell, what
the CPUs did, and which line has called a pool's map."""

RECORD_HEAD = Struct("=IId")
"""Before the record of some tasks (`helpers.pool.recorder`): its pool, its function, when its worker was ready."""

LOAD_ENTRY = Struct("=I6d")
"""A pool, and the fields of `helpers.spans.Load`; the latest of a pool counts."""

SEGMENT = 1 << 20
"""The least size of a segment, in bytes: what is mapped at any time."""

ELSEWHERE = ".elsewhere"
"""What is added to the path of a journal for the file of the other processes."""

_SIZE = Struct("=Q")
_HEAD = Struct("=II")


class Journal:
    """The journal of this process. In its forks, which inherit it, nothing is written.

    If no room is left for it, the program goes on, and `is_open` is False.
    """

    def __init__(self, path: str) -> None:
        self.is_open = True
        self.path = path
        self._owner = os.getpid()
        self._lock = threading.RLock()  # a signal handler may make a pool while a pool is being made
        self._map: Any = None
        self._at = self._end = 0

    @property
    def is_mine(self) -> bool:
        """Whether this is the process to which the journal belongs."""
        return os.getpid() == self._owner

    def add(self, kind: int, payload: bytes) -> None:
        """Add an entry."""
        if not self.is_mine or not self.is_open:
            return
        size = len(payload)
        whole = _HEAD.size + _rounded(size, 8)
        with self._lock:
            if self._at + whole > self._end and not self._grow(whole):
                return
            at = self._at
            self._at += whole
            self._map[at + _HEAD.size : at + _HEAD.size + size] = payload
            self._map[at : at + _HEAD.size] = _HEAD.pack(size, kind)

    def _grow(self, needed: int) -> bool:
        """Begin a new segment with room for this many bytes."""
        size = _rounded(max(SEGMENT, _SIZE.size + needed), mmap.ALLOCATIONGRANULARITY)
        try:
            with open(self.path, "r+b" if os.path.exists(self.path) else "w+b", buffering=0) as file:
                begin = file.seek(0, os.SEEK_END)
                if file.write(_SIZE.pack(size) + bytes(size - _SIZE.size)) < size:  # zeros, so that there is room
                    raise OSError("no room is left")
                file.flush()
                more: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}
                self._map = mmap.mmap(file.fileno(), size, offset=begin, **more)
        except (OSError, ValueError):
            self.is_open = False
            return False
        self._at, self._end = _SIZE.size, size
        return True


def note_elsewhere(journal: str, entry: bytes) -> None:
    """Add an entry, of one line, to a file beside a journal: what other processes than its own have to tell."""
    with suppress(OSError), open(f"{journal}{ELSEWHERE}", "ab", buffering=0) as file:
        file.write(entry + b"\n")  # at once, so that entries of several processes are not mixed


def read_elsewhere(path: Path) -> Counter[bytes]:
    """Return the entries of other processes, with how often each was added."""
    with suppress(FileNotFoundError):
        return Counter(path.with_name(f"{path.name}{ELSEWHERE}").read_bytes().splitlines())
    return Counter()


def read_entries(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the kind and the payload of each entry of a journal; there may be no file, or the last entry may be cut."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        while len(head := file.read(_SIZE.size)) == _SIZE.size:
            (size,) = _SIZE.unpack(head)
            segment = file.read(size - _SIZE.size)
            yield from _entries_of(segment)


def is_cut(path: Path) -> bool:
    """Whether the last segment of a journal is not there as a whole: no room was left for it."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        at = 0
        while at < end:
            file.seek(at)
            head = file.read(_SIZE.size)
            if len(head) < _SIZE.size or not _SIZE.unpack(head)[0]:
                return True
            at += _SIZE.unpack(head)[0]
        return at > end
    return False


def _entries_of(segment: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEAD.size <= len(segment):
        size, kind = _HEAD.unpack_from(segment, at)
        if not kind or at + _HEAD.size + size > len(segment):
            return
        at += _HEAD.size
        yield kind, segment[at : at + size]
        at += _rounded(size, 8)


def _rounded(size: int, step: int) -> int:
    return -(-size // step) * step
