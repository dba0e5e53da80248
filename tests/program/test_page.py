"""The page and the paragraph, made from recordings that were made by hand."""

import json
import re
from array import array
from dataclasses import replace
from html import escape
from html.parser import HTMLParser

import pytest

from helpers.program import command
from helpers.program.child import interpreter_options
from helpers.program.journal import FUNCTION, MADE, NOTE, RECORD, RECORD_HEAD, Journal
from helpers.program.page import page
from helpers.program.places import describe
from helpers.program.recording import Group, Recording, read_recording
from helpers.program.summary import outside_of_pools, paragraph
from helpers.trace import save_trace

SPANS = 10_000


class Checker(HTMLParser):
    """Counts the tags of a page, and fails where they are not nested, or where something is to be loaded."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.counts = {}

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        for name, value in attributes:
            assert not (name in ("src", "href") and not value.startswith(("#", "data:"))), value
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def counts_of(text: str) -> dict[str, int]:
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    return checker.counts


def record(first: int, worker: int, began: float, seconds: float) -> bytes:
    """A task as its pool records it (`helpers.pool.recorder`)."""
    moments = [began - 0.002, began - 0.002, began - 0.001, 50]  # submitted, packed, sent; bytes
    arrived, ended = began - 0.0005, began + seconds
    work = [arrived, ended, began, began, ended, seconds / 2, ended + 0.0002, 20]
    return array("d", [first, worker, 0, 1, 1, 1, ended + 0.0003, *moments, *work, ended + 0.0004]).tobytes()


@pytest.fixture
def journal(tmp_path):
    return Journal(str(tmp_path / "journal"))


def make_pool(
    journal: Journal, number: int, line: int, tasks: int, function: str = "work", began: float = 100.0
) -> None:
    facts = {"pool": number, "kind": "Pool", "processes": 2, "start_method": "fork", "began": began}
    journal.add(MADE, repr(facts | {"lines": [("/home/me/script.py", line, "main")]}).encode())
    journal.add(FUNCTION, repr((number, 0, function, 10)).encode())
    for task in range(tasks):
        starts = began + 1 + task // 2 * 0.002
        journal.add(RECORD, RECORD_HEAD.pack(number, 0, began + 0.5) + record(task, 7 + task % 2, starts, 0.0015))


def recording_of(tmp_path):
    return read_recording(tmp_path / "journal", "/home/me")


def test_a_recording_is_what_was_written_into_the_journal(journal, tmp_path):
    make_pool(journal, 0, 12, tasks=4)
    journal.add(NOTE, b"something happened")
    journal.add(NOTE, b"something happened")
    recording = recording_of(tmp_path)
    (group,) = recording.groups
    (pool,) = group.pools
    assert (group.place, pool.kind, pool.functions) == ("script.py:12 in main", "Pool", ("work",) * 4)
    assert [span.task for span in pool.run.spans] == [0, 1, 2, 3]
    assert [worker.pid for worker in pool.run.workers] == [7, 8]
    assert [worker.ready for worker in pool.run.workers] == [100.5, 100.5]
    assert (pool.run.began, pool.run.processes, pool.run.start_method) == (100.0, 2, "fork")
    assert pool.run.ended == pool.run.spans[-1].delivered
    assert recording.notes == {"something happened": 2}


def test_the_page_of_many_tasks_is_small_and_its_table_shows_the_slowest(journal, tmp_path):
    make_pool(journal, 0, 12, tasks=SPANS)
    text = page(recording_of(tmp_path), "script.py", "It ended.", "trace.json")
    counts = counts_of(text)
    assert len(text.encode()) < 1_000_000
    assert counts["tr"] == 202  # a head, 200 tasks, and the rest
    assert "9,800 more" in text


def test_pools_of_the_same_place_share_a_section(journal, tmp_path):
    for number in range(1000):
        make_pool(journal, number, 12, tasks=1)
    make_pool(journal, 1000, 30, tasks=1)
    recording = recording_of(tmp_path)
    assert recording.made == 1001
    text = page(recording, "script.py", "It ended.", "trace.json")
    assert counts_of(text)["h2"] == 2
    assert len(text.encode()) < 200_000
    assert "script.py:12 in main: 1,000 pools ran 1,000 tasks in" in " ".join(paragraph(recording, "", "").split())


def test_many_places_are_listed_and_the_longest_are_drawn(journal, tmp_path):
    for number in range(40):
        make_pool(journal, number, number, tasks=1)
    text = page(recording_of(tmp_path), "script.py", "It ended.", "trace.json")
    assert text.count("<figure>") == 12
    assert all(f"script.py:{number} in main" in text for number in range(40))


def test_names_are_shown_as_they_are_and_not_as_tags(journal, tmp_path):
    make_pool(journal, 0, 1, 1, function="<lambda>")
    journal.add(NOTE, b"<script>alert()</script>")
    text = page(recording_of(tmp_path), "a<b>.py", "It ended.", "trace.json")
    assert "script" not in counts_of(text)
    assert "X-ray of a&lt;b&gt;.py" in text


def test_an_explanation_is_on_the_page_and_in_the_paragraph(journal, tmp_path):
    make_pool(journal, 0, 1, 1)
    recording = recording_of(tmp_path)
    text = recording.groups[0].pools[0].explanation
    assert text
    assert f"<pre>{escape(text)}</pre>" in page(recording, "script.py", "It ended.", "trace.json")
    assert "It's-well." in paragraph(recording, "It's-well.", "")


def test_a_pool_without_tasks_has_a_page_too(journal, tmp_path):
    make_pool(journal, 0, 1, 0)
    text = page(recording_of(tmp_path), "script.py", "It ended.", "trace.json")
    counts_of(text)
    assert "had no task that has ended" in text


def test_a_trace_of_several_pools_has_a_process_for_each(journal, tmp_path):
    make_pool(journal, 0, 1, 2)
    make_pool(journal, 1, 2, 3)
    runs = {group.place: group.pools[0].run for group in recording_of(tmp_path).groups}
    save_trace(runs, tmp_path / "trace.json", "program")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    names = {event["pid"]: event["args"]["name"] for event in events if event["name"] == "process_name"}
    assert names == dict(enumerate(runs))
    assert sum(event["name"] == "computing" and event["pid"] == 0 for event in events) == 3


def test_a_paragraph_is_one_and_its_lines_are_not_long(journal, tmp_path):
    for number in range(5):
        make_pool(journal, number, number, tasks=1)
    journal.add(NOTE, b"note " * 200)
    text = paragraph(recording_of(tmp_path), "", "See the page.")
    assert text.startswith("X-ray: The program made 5 pools at 5 places. ")
    assert text.endswith(" See the page.")
    assert max(map(len, text.splitlines())) <= 100
    assert re.search(r"\n\s*\n", text) is None


@pytest.mark.parametrize(
    ("began", "ended", "said"),
    [
        (97.0, 101.1, "3.00 s of its 4.10 s, the program had no pool at work, most of it before its first pool"),
        (99.9, 104.0, "3.00 s of its 4.10 s, the program had no pool at work, most of it after its last task"),
        (99.9, 102.9, ""),
        (95.0, 400.0, "304 s of its 305 s, the program had no pool at work, most of it after its last task"),
    ],
)
def test_a_program_that_does_much_without_a_pool_is_told(journal, tmp_path, began, ended, said):
    """Its pool is at work from 100 to 101.1 s, to within 2 ms."""
    make_pool(journal, 0, 12, tasks=100)
    text = outside_of_pools(recording_of(tmp_path), began, ended)
    assert text == (f"For {said}: more workers do not make that shorter." if said else "")


def test_pools_that_overlap_are_at_work_together_and_gaps_between_them_are_counted(journal, tmp_path):
    """By hand: pools are at work from 100 to 101.0, from 100.5 to 101.5 and from 110 to 111.0 s."""
    for number, began in enumerate((100.0, 100.5, 110.0)):
        make_pool(journal, number, number, tasks=2, began=began)
    text = outside_of_pools(recording_of(tmp_path), 99.0, 112.0)
    assert text.startswith("For 10.5 s of its 13.0 s, the program had no pool at work, most of it between two pools: ")


def test_where_it_is_not_known_nobody_is_told_that_no_pool_was_at_work(tmp_path, journal):
    make_pool(journal, 0, 12, tasks=0)
    assert outside_of_pools(recording_of(tmp_path), 0.0, 200.0) == ""
    make_pool(journal, 1, 12, tasks=1)
    assert outside_of_pools(recording_of(tmp_path), 0.0, 200.0) != ""
    journal.add(NOTE, b"a pool was not X-rayed")
    assert outside_of_pools(recording_of(tmp_path), 0.0, 200.0) == ""


def test_a_program_that_has_lost_a_task_is_not_told_that_no_pool_was_at_work(tmp_path, journal):
    make_pool(journal, 0, 12, tasks=1)
    ((pool,),) = (group.pools for group in recording_of(tmp_path).groups)
    lost = replace(pool, run=pool.run._replace(spans=(pool.run.spans[0]._replace(outcome="lost"),)))
    assert outside_of_pools(Recording((Group("", (lost,)),), {}), 0.0, 200.0) == ""


@pytest.mark.parametrize(
    ("given", "arguments", "options"),
    [
        (["python", "-m", "helpers.xray", "a.py"], 1, []),
        (["python", "-u", "-m", "helpers.xray", "a.py", "-m"], 2, ["-u"]),
        (["python", "-Wm", "-um", "helpers.xray", "a.py"], 1, ["-Wm", "-u"]),
        (["python", "-X", "dev", "-m", "helpers.xray"], 0, ["-X", "dev"]),
        (["python", "/bin/xray-pool", "a.py"], 1, []),
        (["python", "-O", "/bin/xray-pool", "a.py"], 1, ["-O"]),
    ],
)
def test_the_options_of_python_are_what_is_before_the_command(given, arguments, options):
    assert interpreter_options(given, arguments) == options


def test_what_follows_the_program_is_the_programs():
    parsed = command.parse(["--start-methods", "--deadline=5", "a.py", "--deadline", "7", "-m"])
    assert parsed == (("a.py", "--deadline", "7", "-m"), True, 5.0)
    assert command.parse(["-m", "a.b", "-h"]) == (("-m", "a.b", "-h"), False, command.DEADLINE)


def test_if_the_working_folder_cannot_be_written_the_page_is_in_the_temporary_one(tmp_path, monkeypatch):
    def new_folder(folder):
        if not folder.is_absolute():
            raise PermissionError(13, "Permission denied")
        return folder

    monkeypatch.setattr("helpers.trace.new_folder", new_folder)
    monkeypatch.setattr(command.tempfile, "gettempdir", lambda: str(tmp_path))
    folder, why = command._new_folder("xray_a")
    assert folder == tmp_path / "xray_a"
    assert why == "The working folder cannot be written (Permission denied). "


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "an unknown place"),
        ([("/a/b/c.py", 3, "<module>")], "b/c.py:3"),
        ([("/elsewhere/c.py", 3, "A.run")], "/elsewhere/c.py:3 in A.run"),
        (
            [("/v/lib/site-packages/p/q.py", 9, "f"), ("/a/s.py", 1, "main")],
            "p/q.py:9 in f, called from s.py:1 in main",
        ),
    ],
)
def test_a_place_is_described_as_it_is_seen_from_the_folder(lines, words):
    assert describe(lines, "/a") == words


def test_a_trace_has_a_limited_number_of_tasks_and_the_page_says_which(journal, tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.program.recording.MOST_TRACED", 4)
    make_pool(journal, 0, 1, 3)
    make_pool(journal, 1, 2, 3)
    recording = recording_of(tmp_path)
    runs, words = recording.traced()
    assert [len(run.spans) for run in runs.values()] == [3, 1]
    assert words == "the first 4 of 6 tasks"
    assert "For the first 4 of 6 tasks, open the file trace.json" in page(
        recording, "script.py", "It ended.", "trace.json"
    )


def test_a_recording_for_which_there_was_no_room_says_so(journal, tmp_path):
    make_pool(journal, 0, 3, 5)
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes()[:-1])
    assert any(note.startswith("the rest is missing") for note in recording_of(tmp_path).notes)
