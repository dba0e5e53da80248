"""The faults that `tools.mutants` makes: those of cosmic-ray that a person could make, and some that it lacks."""

import ast
import difflib
import random
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import parso
from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from parso.python import tree

TAKEN = re.compile(
    r"core/(NumberReplacer|AddNot|Replace(And|Or|True|False|Break|Continue)With\w+|ZeroIterationForLoop|ExceptionReplacer"
    r"|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt|Is_IsNot|IsNot_Is)"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Div|Pow_Mul)"
    r"|ReplaceUnaryOperator_(Delete_Not|Delete_USub))"
)
"""The operators of cosmic-ray that are used; the others make mostly code that fails at once."""

FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
PAIRS = (
    "packed sent, arrived received, started finished, returned replied, landed delivered, began ended, begin end,"
    "bytes_in bytes_out, sizes_in sizes_out, cold warm, least most, serial parallel, send receive,"
    "reply collect, fork boot, cpu seconds, first last, low high, width height, measured predicted, task worker,"
    "computing waiting_for_cpu, ceil floor, popleft pop, ljust rjust, message byte, x y, left right, above below"
)
NEIGHBOURS = dict(way for pair in PAIRS.split(",") for way in (tuple(pair.split()), tuple(reversed(pair.split()))))
"""Names that are easily confused."""


class Fault(NamedTuple):
    """One change of a module: its line number, the line before and after, and the whole text after."""

    line: int
    before: str
    after: str
    code: str


class LeftOut:
    """A statement that only calls something, or adds to something, is left out."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        call = node.type == "atom_expr" and node.children[-1].type == "trailer"
        adds = node.type == "expr_stmt" and _code(node.children[1]) in ("+=", "-=", "*=", "|=")
        if (call or adds) and node.parent.type == "simple_stmt":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return tree.Keyword("pass", node.start_pos, prefix=node.get_first_leaf().prefix)


class Swapped:
    """The first two arguments of a call change places."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        plain = node.type == "arglist" and not {one.type for one in node.children[:3:2]} & {"argument"}
        if plain and not re.search(r"\b(min|max)$", _code(node.parent.get_previous_leaf() or node)):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        first, _, second, *rest = node.children
        swapped = f"{_code(second)}, {_code(first)}" + "".join(one.get_code() for one in rest)
        return parso.parse(node.get_first_leaf().prefix + swapped)


class Forgotten:
    """The last argument of a call is forgotten, if it was given by its name."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        last = node.children[-1] if node.type == "arglist" else node
        named = last is not node and last.type == "argument" and _code(last.children[1]) == "="
        if named and _code(last.children[0]) != "strict":
            yield last.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return parso.parse("".join(one.get_code() for one in node.children[:-2]))


class Doubled:
    """A number is twice as large."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "number" and ast.literal_eval(node.value) not in (0, 1):
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        return tree.Number(str(2 * ast.literal_eval(node.value)), node.start_pos, prefix=node.prefix)


class Neighbour:
    """Another field, variable or built-in function that is easily confused with the right one."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[Any, Any]]:
        if node.type == "name" and (node.value in FUNCTIONS or self._has_neighbour(node)) and not node.is_definition():
            yield node.start_pos, node.end_pos

    def _has_neighbour(self, node: Any) -> bool:
        before = node.get_previous_leaf()
        if node.value not in NEIGHBOURS:
            return False
        if before is not None and before.value == ".":
            return True
        scope = tree.search_ancestor(node, "funcdef") or node.get_root_node()
        return re.search(rf"(?<!\.)\b{NEIGHBOURS[node.value]}\b(?!=)", scope.get_code()) is not None

    def mutate(self, node: Any, index: int) -> Any:
        other = FUNCTIONS.get(node.value) or NEIGHBOURS[node.value]
        return tree.Name(other, node.start_pos, prefix=node.prefix)


def _code(node: Any) -> str:
    return str(node.get_code(False))


def faults(code: str, most: int, seed: int) -> list[Fault]:
    """Return at most this many faults of a module, chosen at random: one of a kind at each place."""
    chance = random.Random(seed)
    kinds: list[tuple[str, Any]] = [
        (kind.__name__, kind()) for kind in (LeftOut, Swapped, Forgotten, Doubled, Neighbour)
    ]
    kinds += [
        (name, plugins.get_operator(name)()) for name in sorted(plugins.operator_names()) if TAKEN.fullmatch(name)
    ]
    places: dict[tuple[Any, str], list[tuple[Any, int]]] = {}
    nodes = list(ast_nodes(get_ast(code)))
    for name, operator in kinds:
        positions = (begin for node in nodes for begin, _ in operator.mutation_positions(node))
        for occurrence, begin in enumerate(positions):
            places.setdefault((begin, name.split("_")[0]), []).append((operator, occurrence))
    chosen = [chance.choice(ways) for _, ways in sorted(places.items(), key=lambda item: item[0])]
    chance.shuffle(chosen)
    found: list[Fault] = []
    for operator, occurrence in chosen:
        if len(found) < most and (fault := _fault(code, mutate_code(code, operator, occurrence))):
            found.append(fault)
    return sorted(found)


def _fault(code: str, mutated: str | None) -> Fault | None:
    """Return a change as a fault, unless the changed text means the same, is no Python, or guards what nothing does."""
    try:
        if mutated is None or ast.dump(ast.parse(mutated)) == ast.dump(ast.parse(code)):
            return None
    except SyntaxError:
        return None
    old, new = code.splitlines(), mutated.splitlines()
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    _, begin, end, first, last = next(change for change in changes if change[0] != "equal")
    before, after = (" ".join(" ".join(lines).split()) for lines in (old[begin:end], new[first:last]))
    if before.startswith("@dataclass") or before == "*," or before.replace("strict=True", "strict=False") == after:
        return None
    return Fault(begin + 1, before, after, mutated)
