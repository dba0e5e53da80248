"""What a piece of a syntax tree says by itself: which names are a function's own, what an assignment changes."""

import ast

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def is_guard(test: ast.expr) -> bool:
    """Return whether a condition says that the module is the program."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(map(is_guard, test.values))
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return False
    sides = [test.left, *test.comparators]
    return any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides) and any(
        isinstance(side, ast.Constant) and side.value == "__main__" for side in sides
    )


def changed_path(target: ast.expr) -> str:
    """Return the dotted name of what an assignment changes, without indices: "os.environ" for os.environ["HOME"]."""
    if isinstance(target, ast.Subscript):
        return changed_path(target.value)
    if isinstance(target, ast.Attribute):
        before = changed_path(target.value)
        return before and f"{before}.{target.attr}"
    if isinstance(target, ast.Call) and isinstance(target.func, ast.Name) and target.func.id == "globals":
        return "globals"
    return target.id if isinstance(target, ast.Name) else ""


def own_names(node: FunctionNode) -> set[str]:
    """Return the parameters and local names of a function."""
    arguments = node.args
    own = {each.arg for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    own |= {each.arg for each in (arguments.vararg, arguments.kwarg) if each is not None}
    shared: set[str] = set()
    waiting: list[ast.AST] = list(node.body) if isinstance(node.body, list) else [node.body]
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.Global | ast.Nonlocal):
            shared |= set(each.names)
        elif isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store | ast.Del):
            own.add(each.id)
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(each.name)
            waiting += each.decorator_list
            continue
        elif isinstance(each, ast.Import | ast.ImportFrom):
            own |= {alias.asname or alias.name.partition(".")[0] for alias in each.names}
        elif isinstance(each, ast.ExceptHandler) and each.name:
            own.add(each.name)
        if not isinstance(each, ast.Lambda):
            waiting += ast.iter_child_nodes(each)
    return own - shared
