"""Reads one module of a program: its functions, where its global names get their values, and what it calls.

A piece of code runs at the import of the module, or only if the module is the program (under
`if __name__ == "__main__"`), or when a function is called. Workers that are not forked repeat the first kind only.
"""

import ast
from dataclasses import dataclass, field

from helpers.program.program_text import Module, dotted_name
from helpers.program.syntax import FunctionNode, changed_path, is_guard, own_names

AT_IMPORT, UNDER_GUARD = "<import>", "<guard>"
"""Where code stands that is in no function. Otherwise this is the qualified name of the function."""

CHANGING_METHODS = {
    "add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem", "remove", "setdefault",
    "sort", "update",
}  # fmt: skip


@dataclass
class Function:
    """A function, method or lambda, with the names that it takes from outside."""

    module: Module
    qualname: str
    node: FunctionNode
    outer: str
    """Where it is defined: AT_IMPORT, UNDER_GUARD or the qualified name of a function."""
    owner: str
    """The class that it is a method of, or ""."""
    own_names: set[str] = field(default_factory=set)
    reads: dict[str, int] = field(default_factory=dict)
    """Names that are not its own, with the first line that reads them."""
    attributes: dict[str, int] = field(default_factory=dict)
    """Dotted names that it reads, such as "self.rate", with the first line that does."""
    made_methods: list[ast.Attribute] = field(default_factory=list)
    """Methods of what it has just made: `Class(...).method`."""

    @property
    def name(self) -> str:
        """Its name in its text; "a lambda" for one that has none."""
        return "a lambda" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def nested(self) -> bool:
        """Whether it is made anew in each call of another function, so that no import finds it."""
        return self.outer not in (AT_IMPORT, UNDER_GUARD)


@dataclass(frozen=True)
class Site:
    """A place where a global name gets a value, or where what it stands for is changed."""

    name: str
    line: int
    where: str
    value: ast.expr | None = None
    change: bool = False
    attribute: str = ""
    """For `name.attribute = value`, the attribute, or the attribute of an attribute: "environ", "Logger.level"."""
    by: str = ""
    """If the line calls a method that changes the attribute, the method and its line: "`read` in line 6"."""


@dataclass(frozen=True)
class Call:
    """A call, and where it stands."""

    node: ast.Call
    where: str


@dataclass
class Code:
    """What is in a module."""

    module: Module
    functions: dict[str, Function] = field(default_factory=dict)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)
    values: list[Site] = field(default_factory=list)
    """All assignments to plain names and to attributes of self, those of local names included."""
    calls: list[Call] = field(default_factory=list)


def read_code(module: Module) -> Code:
    """Return what is in a module."""
    reader = _Reader(module)
    for statement in module.tree.body:
        reader.visit(statement)
    return reader.code


class _Reader(ast.NodeVisitor):
    def __init__(self, module: Module) -> None:
        self.code = Code(module)
        self.stack: list[Function] = []
        self.classes: list[str] = []
        self.guarded = False

    @property
    def where(self) -> str:
        if self.stack:
            return self.stack[-1].qualname
        return UNDER_GUARD if self.guarded else AT_IMPORT

    def visit_If(self, node: ast.If) -> None:
        if self.stack or not is_guard(node.test):
            self.generic_visit(node)
            return
        before, self.guarded = self.guarded, True
        for statement in node.body:
            self.visit(statement)
        self.guarded = before
        for statement in node.orelse:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if not self.classes:
            self._bind(node.name, node.lineno, None)
        for outside in [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.visit(outside)
        self._enter(node, node.name, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._enter(node, f"<lambda>:{node.lineno}:{node.col_offset}", [node.body])

    def _enter(self, node: FunctionNode, name: str, body: list[ast.stmt] | list[ast.expr]) -> None:
        before, self.classes = self.classes, []
        prefix = f"{self.where}.<locals>." if self.stack else ""
        qualname = ".".join([*before, name])
        owner = before[-1] if before else ""
        function = Function(self.code.module, prefix + qualname, node, self.where, owner, own_names(node))
        self.code.functions[function.qualname] = function
        self.stack.append(function)
        for each in body:
            self.visit(each)
        self.stack.pop()
        self.classes = before

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bind(node.name, node.lineno, None)
        self.code.classes.setdefault(node.name, node)
        for outside in [*node.decorator_list, *node.bases]:
            self.visit(outside)
        self.classes.append(node.name)
        for statement in node.body:
            self.visit(statement)
        self.classes.pop()

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self._read(node.target.id, node.lineno)
        self._assign(node.target, None)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self._assign(node.target, node.value)

    def visit_For(self, node: ast.For) -> None:
        self._assign(node.target, None)
        self.generic_visit(node)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._assign(item.optional_vars, item.context_expr)
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._bind(alias.asname or alias.name.partition(".")[0], node.lineno, None)

    visit_ImportFrom = visit_Import

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._read(node.id, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        dotted = dotted_name(node)
        if dotted and self.stack and isinstance(node.ctx, ast.Load):
            self.stack[-1].attributes.setdefault(dotted, node.lineno)
        if self.stack and isinstance(node.value, ast.Call):
            self.stack[-1].made_methods.append(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.code.calls.append(Call(node, self.where))
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in CHANGING_METHODS:
            root, _, path = changed_path(function.value).partition(".")
            if root in ("self", "cls"):
                self.code.values.append(Site(f"self.{path}", node.lineno, self.where))
            if root:
                self._change(root, node.lineno, path)
        if isinstance(function, ast.Name) and function.id == "setattr" and len(node.args) == 3:
            self._set_attribute(*node.args)
        self.generic_visit(node)

    def _set_attribute(self, target: ast.expr, attribute: ast.expr, value: ast.expr) -> None:
        """Read `setattr(target, "attribute", value)` as an assignment."""
        dotted = dotted_name(target)
        if dotted and isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
            root, _, path = dotted.partition(".")
            self._change(root, target.lineno, f"{path}.{attribute.value}".lstrip("."), value)

    def _read(self, name: str, line: int) -> None:
        if self.stack and not any(name in function.own_names for function in self.stack):
            for function in self.stack:
                function.reads.setdefault(name, line)

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, target.lineno, value)
        elif isinstance(target, ast.Tuple | ast.List):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for place, part in enumerate(target.elts):
                self._assign(part, values[place] if len(values) == len(target.elts) else value)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, None)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            self.visit(target.value)
            if isinstance(target, ast.Subscript):
                self.visit(target.slice)
            root, _, path = changed_path(target).partition(".")
            if root in ("self", "cls"):
                self.code.values.append(Site(f"self.{path}", target.lineno, self.where, value))
            if root:
                self._change(root, target.lineno, path, None if isinstance(target, ast.Subscript) else value)

    def _bind(self, name: str, line: int, value: ast.expr | None) -> None:
        site = Site(name, line, self.where, value)
        self.code.values.append(site)
        local = any(name in function.own_names for function in self.stack)
        if not self.classes and not local:
            self.code.sites.append(site)

    def _change(self, name: str, line: int, attribute: str = "", value: ast.expr | None = None) -> None:
        if not any(name in function.own_names for function in self.stack):
            self.code.sites.append(Site(name, line, self.where, value, change=True, attribute=attribute))
