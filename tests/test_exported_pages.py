"""An exported page folds the solutions, as a front end does."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.timeout(120)
def test_the_command_of_contributing_folds_every_solution_and_nothing_else(tmp_path):
    (command,) = re.findall(
        r"`\.venv/bin/python -m (nbconvert [^`]+)`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    )
    words = ["notebooks/template.ipynb" if word.endswith(".ipynb") else word for word in shlex.split(command)]
    subprocess.run(
        [sys.executable, "-m", *words, f"--output-dir={tmp_path}"], cwd=ROOT, check=True, capture_output=True
    )
    page = (tmp_path / "template.html").read_text(encoding="utf-8")
    folded = re.findall(r"<details><summary>Solution</summary>.*?</details>", page, re.DOTALL)
    assert len(folded) == page.count("# Solution") == 2
    assert all("# Solution" in text for text in folded)
