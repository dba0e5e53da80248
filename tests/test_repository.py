"""The files around the code agree with each other, so that README's commands stay true."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEST_COMMAND = next(line.strip() for line in README.splitlines() if "python3" in line and "pytest" in line)


def requirements() -> list[str]:
    return PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]


def package(requirement: str) -> str:
    return re.split(r"[<>=!~ ]", requirement)[0]


def test_environment_and_pyproject_name_the_same_packages_and_versions():
    *conda, last = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert {*conda, *last["pip"]} - {"pip", "-e ."} == {f"python{PROJECT['requires-python']}", *requirements()}


def test_environment_ends_with_this_checkout():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert conda["channels"] == ["conda-forge"]
    assert conda["dependencies"][-1]["pip"][-1] == "-e ."


@pytest.mark.parametrize("requirement", requirements())
def test_every_dependency_has_a_lower_bound_and_earns_its_place_in_contributing(requirement):
    assert ">=" in requirement
    assert f"\n| {package(requirement)} |" in CONTRIBUTING


@pytest.mark.parametrize("file", [".ci/run", ".github/workflows/tests.yml"])
def test_ci_runs_the_test_command_of_the_readme(file):
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    assert TEST_COMMAND in [line.strip().removeprefix("run: ") for line in lines]


def test_ci_runs_nothing_beside_the_test_command_and_the_browser_that_the_readme_names():
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if not line.startswith("#")]
    browser = "apt-get update && apt-get install --yes chromium libatomic1"
    assert browser in README
    assert commands == [
        "set -euo pipefail",
        'cd "$(dirname "$0")/.."',
        "export CI=true",
        f"command -v chromium || ( {browser} )",
        TEST_COMMAND,
    ]


def test_the_workflow_covers_three_systems_with_the_oldest_and_newest_python():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert matrix["python"][0] == PROJECT["requires-python"].removeprefix(">=")


@pytest.mark.parametrize("job", ["test", "lowest"])
def test_the_workflow_installs_a_browser_before_it_tests(job):
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    commands = [step.get("run", "") for step in workflow["jobs"][job]["steps"]]
    places = {
        word: [place for place, command in enumerate(commands) if word in command]
        for word in ("playwright install", "pytest")
    }
    assert max(places["playwright install"]) < min(places["pytest"])


@pytest.mark.parametrize("job", ["lint", "programs"])
def test_the_workflow_runs_a_command_of_contributing(job):
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    command = workflow["jobs"][job]["steps"][-1]["run"]
    assert f"| `{command}` |" in CONTRIBUTING


def test_the_citation_says_what_the_project_and_its_licence_say():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert [citation[name] for name in ("version", "license", "abstract")] == [
        PROJECT[name] for name in ("version", "license", "description")
    ]
    (author,) = citation["authors"]
    holder = re.search(r"Copyright \(c\) \d+, (.+)", (ROOT / "LICENSE").read_text(encoding="utf-8"))[1]
    assert author["name"].lower() == holder.lower()
    assert citation.keys() & {"doi", "identifiers", "date-released", "url", "repository-code"} == set()


def test_links_to_a_heading_of_the_readme_work():
    heads = {head.lower().replace(" ", "-") for head in re.findall(r"^#+ (.+)$", README, re.MULTILINE)}
    anchors = [re.sub(r"[^\w-]", "", head) for head in heads]
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= set(anchors)


def test_the_readme_names_every_lesson():
    lessons = [path.name for path in (ROOT / "notebooks").glob("*.ipynb") if path.stem != "template"]
    assert lessons
    assert all(f"(notebooks/{lesson})" in README for lesson in lessons)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "INSTRUCTORS.md"])
def test_links_to_files_of_the_checkout_work(page):
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith("http") and not (ROOT / link).exists()] == []


def test_the_program_in_the_readme_runs_as_it_stands(tmp_path):
    (tmp_path / "program.py").write_text(re.search(r"```python\n(.*?)```", README, re.DOTALL)[1], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "program.py"], check=True, cwd=tmp_path, timeout=50, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert (tmp_path / "timeline.svg").read_text(encoding="utf-8").startswith("<svg")


def test_no_name_of_a_test_holds_an_address(request):
    """It would differ from process to process, and pytest-xdist refuses tests that do."""
    assert [item.nodeid for item in request.session.items if re.search(r" at 0x[0-9a-f]{8,}", item.nodeid)] == []
