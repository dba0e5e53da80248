"""The text of a program: the script or module that a command runs, and the modules of the program that it imports."""

import ast
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path

OPTIONS_WITH_A_VALUE = ("-W", "-X", "--check-hash-based-pycs")
MOST_MODULES = 100
"""The most modules of a program that are read."""


@dataclass
class Module:
    """A file of the program. The one that is run has the name `__main__`."""

    name: str
    path: Path
    tree: ast.Module
    imports: dict[str, str] = field(default_factory=dict)
    """The full name behind each name that an import binds: {"mp": "multiprocessing"}."""

    def full_name(self, node: ast.AST) -> str | None:
        """Return the dotted name of an expression, with imported names in full: "multiprocessing.Pool"."""
        dotted = dotted_name(node)
        if dotted is None:
            return None
        root, dot, rest = dotted.partition(".")
        return self.imports.get(root, root) + dot + rest


def dotted_name(node: ast.AST) -> str | None:
    """Return the name that an expression spells, such as "a.b"; None if it is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted_name(node.value)
        return before and f"{before}.{node.attr}"
    return None


def entry_point(command: Sequence[str]) -> tuple[str, str] | None:
    """Return what a command of the interpreter runs: ("script", path) or ("module", name); None: neither of them."""
    words = iter(command[1:])
    for word in words:
        if word == "-m":
            return ("module", name) if (name := next(words, "")) else None
        if word in ("-c", "-"):
            return None
        if not word.startswith("-"):
            return "script", word
        if word in OPTIONS_WITH_A_VALUE:
            next(words, None)
    return None


def find_file(command: Sequence[str]) -> tuple[Path, Path] | None:
    """Return the file that a command runs, and the folder in which it looks for modules first; None: not found."""
    entry = entry_point(command)
    if entry is None:
        return None
    kind, target = entry
    if kind == "script":
        path = Path(target)
        if path.is_dir():
            path /= "__main__.py"
        return (path, path.parent) if path.is_file() else None
    for root in (Path.cwd(), _folder_of_installed(target)):
        if root is not None and (file := _file_of(target, root, "__main__.py")):
            return file, root
    return None


def _folder_of_installed(name: str) -> Path | None:
    top = name.partition(".")[0]
    spec = PathFinder.find_spec(top, sys.path)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    return folder.parent if spec.submodule_search_locations is not None else folder


def _file_of(name: str, root: Path, of_package: str = "__init__.py") -> Path | None:
    """Return the file of a module below a folder."""
    path = root.joinpath(*name.split("."))
    for candidate in (path / of_package, path.with_name(f"{path.name}.py")):
        if candidate.is_file():
            return candidate
    return None


def read_program(command: Sequence[str]) -> list[Module]:
    """Return the modules of a program, the one that is run first. What cannot be read or parsed is left out."""
    found = find_file(command)
    if found is None:
        return []
    path, root = found
    entry = entry_point(command)
    package = entry[1] if entry and entry[0] == "module" else ""
    if path.name != "__main__.py":
        package = package.rpartition(".")[0]
    modules: list[Module] = []
    waiting, seen = [("__main__", path, package)], {path.resolve()}
    while waiting and len(modules) < MOST_MODULES:
        name, path, package = waiting.pop(0)
        with suppress(OSError, ValueError, SyntaxError, RecursionError):
            module = Module(name, path, ast.parse(path.read_bytes()))
            modules.append(module)
            for imported in _read_imports(module, package):
                file = _file_of(imported, root)
                if file is not None and file.resolve() not in seen:
                    seen.add(file.resolve())
                    inside = imported if file.name == "__init__.py" else imported.rpartition(".")[0]
                    waiting.append((imported, file, inside))
    return modules


def _read_imports(module: Module, package: str) -> list[str]:
    """Fill in what each import of a module binds, and return the names of all modules that it may import."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                module.imports[bound] = alias.name if alias.asname else bound
                found.append(alias.name)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                kept = parts[: len(parts) - node.level + 1]
                origin = ".".join([*kept, origin] if origin else kept)
            found.append(origin)
            for alias in node.names:
                full = f"{origin}.{alias.name}" if origin else alias.name
                module.imports[alias.asname or alias.name] = full
                found.append(full)
    return [name for name in found if name and not name.endswith("*")]
