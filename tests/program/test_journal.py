"""A journal keeps whole entries, whatever end its process takes, and a fork adds nothing to it."""

import os
import signal

import pytest

from helpers.program.journal import NOTE, RECORD, SEGMENT, Journal, is_cut, read_entries


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


def test_entries_are_read_as_they_were_added(path):
    entries = [(NOTE, b"a note"), (RECORD, b""), (RECORD, bytes(range(256)))]
    journal = Journal(str(path))
    for entry in entries:
        journal.add(*entry)
    assert list(read_entries(path)) == entries


def test_an_entry_may_be_larger_than_a_segment(path):
    journal = Journal(str(path))
    entries = [(NOTE, b"small"), (RECORD, b"x" * (3 * SEGMENT + 5)), (NOTE, b"small again")]
    for entry in entries:
        journal.add(*entry)
    assert list(read_entries(path)) == entries


def test_many_entries_fill_several_segments(path):
    journal = Journal(str(path))
    for number in range(30_000):
        journal.add(RECORD, b"%d" % number * 20)
    assert path.stat().st_size > 2 * SEGMENT
    assert [payload for _, payload in read_entries(path)] == [b"%d" % number * 20 for number in range(30_000)]


def test_a_journal_that_was_never_written_to_has_no_file_and_no_entries(path):
    Journal(str(path))
    assert not path.exists()
    assert list(read_entries(path)) == []


@pytest.mark.parametrize("size", [0, 3, 8, 12, 20, 25])
def test_what_is_left_of_a_cut_journal_can_be_read(path, size):
    Journal(str(path)).add(NOTE, b"a note")
    path.write_bytes(path.read_bytes()[:size])
    assert list(read_entries(path)) == ([] if size < 22 else [(NOTE, b"a note")])


@pytest.mark.parametrize("size", [3, 12, SEGMENT - 1, SEGMENT + 5])
def test_a_journal_whose_end_is_not_there_is_cut(path, size):
    Journal(str(path)).add(NOTE, b"a note")
    assert not is_cut(path)
    path.write_bytes((path.read_bytes() + bytes(SEGMENT))[:size])
    assert is_cut(path)


def test_a_journal_that_is_not_there_is_not_cut(path):
    assert not is_cut(path)


def test_without_room_the_journal_closes_and_nobody_hears_of_it(tmp_path):
    journal = Journal(str(tmp_path / "no folder" / "journal"))
    journal.add(NOTE, b"a note")
    assert not journal.is_open
    journal.add(NOTE, b"another")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_adds_nothing(path):
    journal = Journal(str(path))
    journal.add(NOTE, b"mine")
    child = os.fork()
    if not child:
        journal.add(NOTE, b"the child's")
        os._exit(0)
    os.waitpid(child, 0)
    journal.add(NOTE, b"mine again")
    assert list(read_entries(path)) == [(NOTE, b"mine"), (NOTE, b"mine again")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_what_was_added_is_there_after_a_kill(path):
    child = os.fork()
    if not child:
        Journal(str(path)).add(NOTE, b"the last words")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert list(read_entries(path)) == [(NOTE, b"the last words")]
