"""What a program's Python imports before the program: it undoes its own traces, and waits for a module with pools.

Python imports a module of this name at its start, from the first folder on its path that has one. `child` puts this
folder there, and hands over in environment variables what is needed here. The program itself finds its environment,
its path and its own `sitecustomize` as they would be without an X-ray. So this module imports nothing else.
"""

import os
import sys

PROCESS = os.getpid()

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

JOURNAL, ROOT, PYTHONPATH = "XRAY_POOL_JOURNAL", "XRAY_POOL_ROOT", "XRAY_POOL_PYTHONPATH"
"""The variables: the file that keeps what is recorded, the folder of the course, what PYTHONPATH was (if it was)."""

MODULES = (
    "multiprocessing.pool",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "concurrent.futures.interpreter",
    "loky.process_executor",
    "joblib.externals.loky.process_executor",
    "multiprocess.pool",
)
"""The modules with pools, which `helpers.program.hooks` knows."""


class Loader:
    """Loads a module as its own loader does, and then has its classes replaced."""

    def __init__(self, original: "Any", journal: str) -> None:
        self.original = original
        self.journal = journal

    def create_module(self, spec: "Any") -> "Any":
        return self.original.create_module(spec)

    def exec_module(self, module: "Any") -> None:
        module.__spec__.loader = module.__loader__ = self.original
        self.original.exec_module(module)
        try:
            from helpers.program import hooks  # only now: most programs have no pool

            if os.getpid() == PROCESS:
                hooks.replace(module, self.journal)
            else:  # a fork of the program, which is left alone
                hooks.watch(module, self.journal)
        except Exception as error:  # noqa: BLE001 (the program goes on without the X-ray)
            with open(f"{self.journal}.failed", "a", encoding="utf-8") as file:
                file.write(f"{module.__name__}: {type(error).__name__}: {error}\n")


class Finder:
    """Finds the modules with pools as the other finders do, and has them loaded by a `Loader`."""

    def __init__(self, journal: str) -> None:
        self.journal = journal

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        if name not in MODULES:
            return None
        for finder in sys.meta_path:
            find_spec = getattr(finder, "find_spec", None)
            spec = find_spec(name, path, target) if find_spec is not None and finder is not self else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = Loader(spec.loader, self.journal)
                return spec
        return None


def begin() -> None:
    """Put everything back as it was, and wait for the modules."""
    journal, root = os.environ.pop(JOURNAL), os.environ.pop(ROOT)
    del os.environ["PYTHONPATH"]
    if PYTHONPATH in os.environ:
        os.environ["PYTHONPATH"] = os.environ.pop(PYTHONPATH)
    here = os.path.dirname(os.path.abspath(__file__))
    if here in sys.path:
        sys.path.remove(here)
    sys.path_importer_cache.pop(here, None)
    if root not in sys.path:
        sys.path.append(root)  # at the end, so that it hides nothing of the program
    sys.meta_path.insert(0, Finder(journal))


def chain() -> None:
    """Import the `sitecustomize` that this one hides. Raises ImportError, as without this one, if there is none."""
    from _frozen_importlib import module_from_spec  # importlib.util would stay loaded
    from _frozen_importlib_external import PathFinder

    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is None or spec.loader is None:
        raise ImportError("No module named 'sitecustomize'", name="sitecustomize")
    module = sys.modules["sitecustomize"] = module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "sitecustomize" and JOURNAL in os.environ:
    begin()
    chain()
