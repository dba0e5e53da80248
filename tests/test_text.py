"""Seconds, plurals, tables, and a file that is written as a whole."""

import pytest

from helpers.text import aligned, counted, format_interval, format_seconds, write_whole


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (1234.4, "1234 s"),
        (123.4, "123 s"),
        (99.95, "100 s"),
        (99.94, "99.9 s"),
        (12.34, "12.3 s"),
        (9.996, "10.0 s"),
        (9.995, "10.0 s"),
        (9.994, "9.99 s"),
        (1.0, "1.00 s"),
        (1.5, "1.50 s"),
        (0.9996, "1.00 s"),
        (0.9995, "1.00 s"),
        (0.9994, "999 ms"),
        (0.5, "500 ms"),
        (0.05, "50.0 ms"),
        (0.0015, "1.50 ms"),
        (0.001, "1.00 ms"),
        (0.0009995, "1.00 ms"),
        (0.0009994, "999 µs"),
        (0.0000123, "12.3 µs"),
        (0.0000000123, "0.01 µs"),
    ],
)
def test_seconds_are_written_with_three_figures_in_a_suitable_unit(seconds, text):
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "low", "high", "text"),
    [
        (1.2, 1.1399, 1.31, "1.20 s (1.14 to 1.31)"),
        (0.9, 0.8, 1.1, "900 ms (800 to 1100)"),
        (12.0, 11.5, 120.0, "12.0 s (11.5 to 120.0)"),
    ],
)
def test_an_interval_is_written_in_the_unit_of_its_seconds(seconds, low, high, text):
    assert format_interval(seconds, low, high) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "task", "1 task"), (0, "task", "0 tasks"), (2000, "task", "2,000 tasks"), (2, "process", "2 processes")],
)
def test_a_noun_is_in_the_plural_unless_there_is_one(number, noun, text):
    assert counted(number, noun) == text


def test_a_table_has_its_first_column_to_the_left_and_the_others_to_the_right():
    assert aligned([("name", "s"), ("a", "1.25"), ("bcdefg", "10")]) == ["name       s", "a       1.25", "bcdefg    10"]


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("before")
    write_whole(path, "one\ntwo\n")
    assert path.read_bytes() == b"one\ntwo\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_file_unchanged(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(str(path), "after \udc80")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_into_a_folder_that_is_not_there_reports_that(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_whole(tmp_path / "nowhere" / "report.txt", "text")
