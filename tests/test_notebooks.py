"""The notebooks read well without a kernel, and keep the one anatomy.

nbval runs them with the default start method, and compares what is the same in every run; two of them also under spawn.
"""

import base64
import copy
import functools
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import notebook_rules as rules
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))


PAGES = ("answers", "index", "pool_lab")
RULED = [
    (path, rule) for path in PATHS for rule in rules.RULES if path.stem not in PAGES or rule not in rules.LESSONS_ONLY
]
LESSONS = [path for path in PATHS if path.stem not in (*PAGES, "template")]


@pytest.mark.parametrize("path, rule", RULED, ids=[f"{path.stem}-{rule.__name__}" for path, rule in RULED])
def test_every_notebook_keeps_the_rules(path, rule):
    assert list(rule(read(path), path)) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("page", ["notebooks/index.ipynb", "README.md"])
def test_the_pages_that_list_the_lessons_give_number_title_and_minutes_of_the_lesson(path, page):
    title, head = (cell.source for cell in read(path).cells[:2])
    minutes = re.search(r"\*\*Minutes:\*\* (\d+)", head)[1]
    folder = "" if page.endswith("ipynb") else "notebooks/"
    text = (ROOT / page).read_text(encoding="utf-8")
    (row,) = [row for row in text.splitlines() if f"]({folder}{path.name})" in row and "|" in row]
    assert f"| {path.stem[:2]} | [{title.removeprefix('# ')}]" in row
    assert f"| {minutes} |" in row


def test_the_index_says_where_to_start_and_holds_its_picture():
    cell = read(FOLDER / "index.ipynb").cells[1]
    assert f"**Start here:** open [{read(LESSONS[0]).cells[0].source[2:]}]({LESSONS[0].name})" in cell.source
    assert "(attachment:timeline.png)" in cell.source
    assert base64.b64decode(cell.attachments["timeline.png"]["image/png"]).startswith(b"\x89PNG")


def test_every_lesson_and_the_answers_were_recorded_with_the_python_that_the_index_names():
    (named,) = re.findall(r"recorded with Python (3\.\d+)", " ".join(rules.text_of(read(FOLDER / "index.ipynb"))))
    recorded = [*LESSONS, FOLDER / "answers.ipynb"]
    versions = {path.stem: read(path).metadata.language_info.get("version", "unknown") for path in recorded}
    assert {name: version for name, version in versions.items() if not version.startswith(f"{named}.")} == {}


def test_one_path_leads_through_every_lesson():
    links = {path.stem: rules.next_lessons(read(path)) for path in LESSONS}
    assert list(rules.path_through(links, LESSONS[0].stem, "pool_lab")) == []


@pytest.mark.parametrize(
    "links, wrong",
    [
        ({"a": ["b"], "b": ["c"], "c": ["end"]}, 0),
        ({"a": ["b"], "b": ["end"], "c": ["end"]}, 1),  # one is never reached
        ({"a": ["b"], "b": ["c"], "c": ["a"]}, 1),  # round in a circle
        ({"a": ["b"], "b": ["a"], "c": ["end"]}, 2),
        ({"a": ["b"], "b": ["c", "end"], "c": ["end"]}, 1),  # where to?
        ({"a": ["b"], "b": [], "c": ["end"]}, 1),
    ],
)
def test_a_broken_path_is_seen(links, wrong):
    assert len(list(rules.path_through(links, "a", "end"))) == wrong


@functools.cache
def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def change(place: int, **news) -> Callable[[NotebookNode], None]:
    """Change one code cell of the template: its fields, or what its metadata says."""

    def apply(notebook: NotebookNode) -> None:
        cell = rules.code_cells(notebook)[place]
        for name, value in news.items():
            (cell.metadata if name in ("tags", "jupyter") else cell)[name] = value

    return apply


def say(old: str, new: str) -> Callable[[NotebookNode], None]:
    """Replace words in the cells of the template."""

    def apply(notebook: NotebookNode) -> None:
        assert any(old in cell.source for cell in notebook.cells)
        for cell in notebook.cells:
            cell.source = cell.source.replace(old, new)

    return apply


def stream(text: str, name: str = "stdout") -> list[NotebookNode]:
    return [nbformat.v4.new_output("stream", name=name, text=text)]


FINDING = 4  # the code cell of the template that has one

BROKEN = [
    (rules.outputs_in_order, change(1, execution_count=7)),
    (rules.no_errors, change(0, outputs=[nbformat.v4.new_output("error", ename="E", evalue="v", traceback=[])])),
    (rules.no_errors, change(0, outputs=stream("noise", "stderr"))),
    (rules.cells_compile, change(0, source='print("\n")')),
    (rules.cells_compile, change(0, source='%%program spawn\nprint("\n")')),
    (rules.no_widget_state, lambda notebook: notebook.metadata.update(widgets={})),
    (rules.no_path_of_a_machine, change(0, outputs=stream("/home/somebody/x.py"))),
    (rules.links_work, say("(02_pool_map.ipynb)", "(no_such_page.ipynb)")),
    (rules.links_work, say("(02_pool_map.ipynb)", "(02_pool_map.ipynb#No-such-heading)")),
    (rules.links_work, say("(02_pool_map.ipynb)", "(#Exercise-9)")),
    (rules.links_work, say("(02_pool_map.ipynb)", "(attachment:no_such.png)")),
    (rules.the_anatomy, say("# Start the title", "# 12. Start the title")),
    (rules.the_anatomy, say("**Minutes:**", "")),
    (rules.the_anatomy, say("## What's next", "## Onwards")),
    (rules.the_anatomy, say("**What it cost:**", "")),
    (rules.the_anatomy, say("**Predict.**", "")),
    (rules.the_exercises, say("### Exercise 2", "### Something else")),
    (rules.the_exercises, change(-4, outputs=stream("✓"))),
    (rules.the_exercises, change(-3, tags=[])),
    (rules.solutions_are_folded, change(-3, jupyter={})),
    (rules.solutions_are_folded, change(-3, outputs=stream("✓ It is 42."))),
    (rules.solutions_are_folded, say("# Solution\ndef", "def")),
    (rules.findings_hold, change(FINDING, outputs=stream("noise\n✗ It is faster: not in this run, 0.9 times."))),
    (rules.findings_hold, change(FINDING, outputs=stream("✓ It is so.\n≈ It is faster: this run cannot tell."))),
    (rules.findings_hold, change(FINDING, outputs=stream("It is faster."))),
    (rules.findings_hold, change(FINDING, outputs=[])),
    (
        rules.measured_on_a_quiet_machine,
        change(0, outputs=stream("x: 1 s\nOther programs used 0.2 of your 2 CPUs while this ran.")),
    ),
    (
        rules.measured_on_a_quiet_machine,
        change(0, outputs=stream("The host gave 0.4 of your 2 CPUs to other guests just now.")),
    ),
    (rules.something_is_found, say("finding(", "print(")),
    (rules.no_guess_is_filled_in, say("my_ratio = None", "my_ratio = 8.0")),
    (rules.no_guess_is_filled_in, say("my_ratio = None", 'my_ratio = {"fast": 8.0, "slow": None}')),
    (rules.what_differs_is_not_compared, change(FINDING, tags=[])),
    (rules.short_cells, change(0, source="1\n" * 16)),
    (rules.short_cells, change(0, source="%%program\n" + "1\n\n" * 16)),
    (rules.short_cells, lambda notebook: notebook.cells.extend(notebook.cells * 3)),
    (rules.text_between_cells, lambda notebook: notebook.cells.extend(rules.code_cells(notebook)[:1] * 4)),
    (rules.what_differs_is_not_compared, change(2, tags=[])),
    (rules.worker_functions_are_in_modules, change(0, source="pool.map(lambda n: n, [1])")),
    (rules.worker_functions_are_in_modules, change(0, source="def mine(n): ...\npool.imap_unordered(mine, [1])")),
    (rules.every_pool_is_in_a_with, change(0, source="pool = Pool(2)")),
]


@pytest.mark.parametrize("rule, spoil", BROKEN, ids=[rule.__name__ for rule, _ in BROKEN])
def test_every_rule_sees_what_it_is_for(rule, spoil):
    path = FOLDER / "template.ipynb"
    notebook = read(path)
    spoiled = copy.deepcopy(notebook)
    spoil(spoiled)
    assert list(rule(notebook, path)) == []
    assert list(rule(spoiled, path)) != []


def test_the_size_rule_sees_a_big_notebook(tmp_path):
    big = tmp_path / "big.ipynb"
    big.write_bytes(b"x" * (rules.MOST_BYTES + 1))
    assert list(rules.small_enough(NotebookNode(), big)) != []


def test_every_rule_is_seen_to_fail():
    assert {rule for rule, _ in BROKEN} | {rules.small_enough} == set(rules.RULES)


@pytest.mark.timeout(300)
def test_nbval_lets_no_solution_pass_that_fails_its_check(tmp_path):
    outputs = {
        "print('✓ Yes.')": "PASSED",
        "print('✗ No.')": "FAILED",
        "print('✓ Yes.\\n✗ No.')": "FAILED",
        "1": "FAILED",
    }
    for number, source in enumerate(outputs):
        cell = nbformat.v4.new_code_cell(f"# Solution\n{source}", execution_count=1, metadata={"tags": ["solution"]})
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{number}.ipynb")
    assert nbval_verdicts(tmp_path, len(outputs)) == list(outputs.values())


def nbval_verdicts(folder, notebooks):
    """Let nbval run notebooks of one cell, named 0.ipynb and so on, and return what it says of each."""
    command = ["-m", "pytest", "-v", "-n", "0", "-p", "conftest", "-p", "no:cacheprovider", "-c"]
    shown = subprocess.run(
        [sys.executable, *command, ROOT / "pyproject.toml", folder],
        check=False,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])},
        capture_output=True,
        encoding="utf-8",
        timeout=280,
    )
    seen = dict(re.findall(r"(\d)\.ipynb::Cell 0 (\w+)", shown.stdout))
    return [seen[str(number)] for number in range(notebooks)]


@pytest.mark.timeout(300)
def test_nbval_compares_a_verdict_by_its_text_and_not_by_its_html(tmp_path):
    """The committed output has none; a later one may be in other colours."""
    source = "from helpers.checks.verdict import Verdict\nVerdict(True, 'Right.')"
    texts = {"✓ Right.": "PASSED", "✓ Wrong.": "FAILED"}
    for number, text in enumerate(texts):
        output = nbformat.v4.new_output("execute_result", {"text/plain": text}, execution_count=1)
        cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=[output])
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{number}.ipynb")
    assert nbval_verdicts(tmp_path, len(texts)) == list(texts.values())


def test_the_unrun_lab_shows_the_picture_of_the_readme():
    (output,) = (output for cell in rules.code_cells(read(FOLDER / "pool_lab.ipynb")) for output in cell.outputs)
    assert base64.b64decode(output.data["image/png"]) == (ROOT / "docs" / "lab.png").read_bytes()


@pytest.mark.parametrize("link", ["#Exercise-1", "02_pool_map.ipynb#Split,-map,-join", "https://python.org/#No-such"])
def test_a_link_to_a_heading_that_is_there_is_right(link):
    path = FOLDER / "template.ipynb"
    linked = copy.deepcopy(read(path))
    say("(02_pool_map.ipynb)", f"({link})")(linked)
    assert list(rules.links_work(linked, path)) == []


def test_the_blank_lines_of_a_script_do_not_count():
    path = FOLDER / "template.ipynb"
    notebook = copy.deepcopy(read(path))
    change(0, source="%%program\n" + "1\n\n" * 15)(notebook)
    assert list(rules.short_cells(notebook, path)) == []


def test_a_function_of_a_program_in_a_string_is_none_of_the_notebook():
    path = FOLDER / "template.ipynb"
    notebook = copy.deepcopy(read(path))
    change(0, source="program = '''\ndef mine(n): ...\npool.map(mine, [1])\n'''")(notebook)
    assert list(rules.worker_functions_are_in_modules(notebook, path)) == []
