"""The list of equivalent mutants is about the code that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BLOCKS = (ROOT / "tests" / "equivalent_mutants.txt").read_text(encoding="utf-8").strip().split("\n\n")[1:]


@pytest.mark.parametrize("block", BLOCKS)
def test_an_equivalent_mutant_names_a_line_of_its_module_and_a_reason(block):
    module, before, after, *reason = block.splitlines()
    code = " ".join((ROOT / "helpers" / f"{module.removeprefix('@ ')}.py").read_text(encoding="utf-8").split())
    assert before.startswith("- ") and re.sub(r"\s+", " ", before[2:]) in code
    assert after.startswith("+ ") and after[2:] != before[2:]
    assert " ".join(reason).endswith(".")
