"""Programs that are written into a folder, and run as they are and with the X-ray."""

import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
XRAY = [sys.executable, "-m", "helpers.xray"]


class Program:
    """A program in a folder of its own."""

    def __init__(self, folder: Path, text: str, temporary: Path) -> None:
        self.folder = folder
        self.temporary = temporary
        self.path = folder / "script.py"
        self.path.write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, command: Sequence[str], stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess:
        """Run a command in the program's folder."""
        keywords = {"cwd": self.folder, "env": self.environment(environment)}
        return subprocess.run(command, check=False, input=stdin, capture_output=True, timeout=50, **keywords)

    def plain(self, *arguments: str, **keywords: object) -> subprocess.CompletedProcess:
        """Run the program as it is."""
        return self.run([sys.executable, "script.py", *arguments], **keywords)

    def xrayed(self, *arguments: str, **keywords: object) -> subprocess.CompletedProcess:
        """Run the program with the X-ray."""
        return self.run([*XRAY, "script.py", *arguments], **keywords)

    def start(self, **keywords: object) -> subprocess.Popen:
        """Start the program with the X-ray, in a session of its own."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command, environment = [*XRAY, "script.py"], self.environment({})
        return subprocess.Popen(command, cwd=self.folder, start_new_session=True, env=environment, **pipes, **keywords)

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """Return the environment: the course is found through PYTHONPATH, temporary files are made in a folder."""
        return os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)} | more

    @property
    def pages(self) -> list[Path]:
        """The pages that were written."""
        return sorted(self.folder.glob("xray_*/page.html"))

    def left_over(self) -> list[str]:
        """What is in the folder of temporary files."""
        return sorted(path.name for path in self.temporary.iterdir())


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a program into a folder. The path of a socket of forkserver must be short."""
    with tempfile.TemporaryDirectory(prefix="xray-") as temporary:
        yield lambda text: Program(tmp_path, text, Path(temporary))
