"""Finds the calls that change an object with a global name: `config.read()`, where `read` sets `self.level`."""

import ast
from collections.abc import Iterator

from helpers.program.causes import place
from helpers.program.code_reader import AT_IMPORT, Call, Code, Function, Site
from helpers.program.program_text import dotted_name
from helpers.program.worker_code import Program, closure


def identity(code: Code, dotted: str) -> str:
    """Return a name with its module: "settings.rate", whether `settings` is imported or its own `rate` is meant."""
    root, dot, rest = dotted.partition(".")
    return code.module.imports.get(root, f"{code.module.name}.{root}") + dot + rest


def changing_calls(program: Program) -> Iterator[tuple[Code, Site, str]]:
    """Yield the calls of methods that change a class, or an object that is made at the import.

    With each comes the identity of the attribute as methods of the class name it: "program.Config.level".
    """
    for code in program.codes:
        for call in code.calls:
            dotted = dotted_name(call.node.func) or ""
            holder, _, method = dotted.rpartition(".")
            if holder and not _is_local(code, call, holder.partition(".")[0]):
                owner = _class_of(program, identity(code, holder))
                if owner is not None and (function := owner[0].functions.get(f"{owner[1]}.{method}")) is not None:
                    yield from _changes(program, (code, call, holder), owner, function)


def _is_local(code: Code, call: Call, name: str) -> bool:
    """Return whether a name is one of the function in which a call stands, or of a function around it."""
    where = call.where
    while where in code.functions:
        if name in code.functions[where].own_names:
            return True
        where = code.functions[where].outer
    return False


def _class_of(program: Program, full: str, depth: int = 5) -> tuple[Code, str] | None:
    """Return the class with this full name, or the one of the object that has it; None if that is not known."""
    for code in program.codes if depth else ():
        name = full.removeprefix(f"{code.module.name}.")
        if name == full:
            continue
        if name in code.classes:
            return code, name
        for site in code.sites:
            if site.name != name or site.where != AT_IMPORT or not isinstance(site.value, ast.Call):
                continue
            if made := dotted_name(site.value.func):
                return _class_of(program, identity(code, made), depth - 1)
        if name in code.module.imports:
            return _class_of(program, code.module.imports[name], depth - 1)
    return None


def _changes(
    program: Program, called: tuple[Code, Call, str], owner: tuple[Code, str], method: Function
) -> Iterator[tuple[Code, Site, str]]:
    """Yield each attribute that a called method, or another one of its class that it calls, sets or changes."""
    code, call, holder = called
    root, _, rest = holder.partition(".")
    of_class, name = owner
    methods = [each.qualname for each in closure(program, [method]).values() if each.module is of_class.module]
    for site in of_class.values:
        if site.where in methods and site.where.startswith(f"{name}.") and site.name.startswith("self."):
            attribute = site.name.split(".")[1]
            where = f"line {site.line}" if of_class is code else place(of_class.module.path, site.line)
            by = f"`{site.where.rpartition('.')[2]}`, in {where}"
            here = Site(root, call.node.lineno, call.where, site.value, True, f"{rest}.{attribute}".lstrip("."), by)
            yield code, here, identity(of_class, f"{name}.{attribute}")
