"""A wheel holds all modules, so that the course can be imported from an environment without this checkout."""

import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "helpers").rglob("*.py"))
BUILD = "from setuptools import build_meta; print(build_meta.build_wheel('dist'))"


def run(python: Path | str, code: str, folder: Path) -> list[str]:
    """Run the code apart from PYTHONPATH and from the current folder; return the lines that it prints."""
    command = [python, "-I", "-c", code]
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a copy of the checkout, in which nothing was built before."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "helpers", source / "helpers", ignore=shutil.ignore_patterns("__pycache__"))
    *_, name = run(sys.executable, BUILD, source)
    with zipfile.ZipFile(source / "dist" / name) as wheel:
        yield wheel


def test_every_module_is_in_the_wheel_and_nothing_else(wheel):
    assert [name for name in sorted(wheel.namelist()) if ".dist-info/" not in name] == sorted(
        [*MODULES, "helpers/lab/style.css"]
    )


def test_every_module_can_be_imported_from_the_wheel(wheel, tmp_path):
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    (packages,) = run(python, "import sysconfig; print(sysconfig.get_path('purelib'))", tmp_path)
    wheel.extractall(packages)
    # The dependencies come from this environment. A link in it to the checkout is not followed.
    Path(packages, "dependencies.pth").write_text(str(Path(numpy.__file__).parents[1]), encoding="utf-8")
    names = [module.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for module in MODULES]
    code = f"import importlib\nfor name in {names}: print(importlib.import_module(name).__file__)"
    files = run(python, code, tmp_path)
    assert len(files) == len(names)
    assert all(Path(file).is_relative_to(packages) for file in files)
