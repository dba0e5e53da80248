"""Lessons that nbval runs a second time: under spawn, or as on a system where there is nothing else."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SPAWN_ONLY = """
import multiprocessing, multiprocessing.context
for name in ("fork", "forkserver"):
    multiprocessing.context._concrete_contexts.pop(name)
multiprocessing.context.DefaultContext.get_all_start_methods = lambda self: ["spawn"]
multiprocessing.get_all_start_methods = lambda: ["spawn"]
multiprocessing.set_start_method("spawn", force=True)
"""
"""As on Windows: what the standard library knows of fork and forkserver is gone."""

SPAWN = "import multiprocessing; multiprocessing.set_start_method('spawn')"
IS_SPAWN = "import multiprocessing; assert multiprocessing.get_context().get_start_method() == 'spawn'"

AGAIN = {
    "02_pool_map.ipynb": SPAWN,  # all that the course is about; on Linux it also asks for fork
    "10_random_streams.ipynb": SPAWN_ONLY,  # workers that need NumPy
}
"""What the kernel of a second run is told before it begins."""


def runs_again(path: Path) -> bool:
    """Whether there is a second run of a notebook: not where every run is like that."""
    ours = path.name in AGAIN and path.parent == NOTEBOOKS
    return ours and multiprocessing.get_context().get_start_method() != "spawn"


class UnderSpawn(IPyNbFile):
    """A lesson whose kernel starts workers by spawn.

    Outputs are compared as in the first run, but for those of cells that ask for fork where there is one.
    """

    def collect(self) -> Iterator[IPyNbCell]:
        for cell in super().collect():
            if '"fork"' in cell.cell.source:
                cell.options["check"] = False
            yield cell

    def setup(self) -> None:
        with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            startup = Path(folder, "profile_default", "startup")
            startup.mkdir(parents=True)
            (startup / "spawn.py").write_text(AGAIN[self.path.name], encoding="utf-8")
            patch.setenv("IPYTHONDIR", folder)
            super().setup()
        asked = self.kernel.execute_cell_input(IS_SPAWN)
        while (answer := self.kernel.get_message("shell", timeout=30))["parent_header"].get("msg_id") != asked:
            pass
        assert answer["content"]["status"] == "ok"
