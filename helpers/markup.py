"""Text as HTML for notebooks: tables with aligned figures, advice, and verdicts in colour. Standard library only.

Each is shown beside the same as text, which is what is compared, and what a viewer without HTML shows. Styles are
inline, because a notebook that is not trusted keeps those and loses style sheets.
"""

import sys
from collections.abc import Mapping, Sequence
from html import escape

LEFT, RIGHT = "text-align: left; padding: 2px 12px 2px 5px", "text-align: right; padding: 2px 12px"
TABLE = "font-variant-numeric: tabular-nums; white-space: nowrap; margin: 0 0 4px 0"

MARKS = {
    "✓": ("#009e73", "#000", "50%"),
    "≈": ("#e69f00", "#000", "5px"),
    "✗": ("#d55e00", "#000", "0"),
}
"""Of each verdict its colour, the colour of the mark on it, and its shape: a disc, a rounded square and a square. The
colours are those of the pictures (`helpers.drawing.picture`), which colour-blind people can tell apart."""


def table(rows: Sequence[Sequence[str]], notes: Sequence[str] = ()) -> str:
    """Return rows as a table, the first of them its head: the first column to the left, figures to the right.

    notes: lines below the table; one without a word is left out.
    """
    head, *body = rows
    lines = "".join(f"<tr>{_cells(row)}</tr>" for row in body)
    below = "".join(f"<div style='padding-left: 5px'>{escape(note)}</div>" for note in notes if note)
    return f"<table style='{TABLE}'><thead><tr>{_cells(head, 'th')}</tr></thead><tbody>{lines}</tbody></table>{below}"


def facts(lines: Mapping[str, str]) -> str:
    """Return names with what is known of each, as a table without a head, in which everything is to the left."""
    rows = (
        f"<th style='{LEFT}'>{escape(name)}</th><td style='{LEFT}'>{escape(fact)}</td>" for name, fact in lines.items()
    )
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>"


def advice(pairs: Sequence[tuple[str, str]], rest: Sequence[str] = ()) -> str:
    """Return what was found, each with what to do about it in bold on a line of its own, and then further lines."""
    found = (f"{escape(what)}<br/><b>{escape(remedy)}</b>" for what, remedy in pairs)
    return "".join(f"<div style='padding: 2px 5px'>{line}</div>" for line in [*found, *map(escape, rest)])


def _cells(row: Sequence[str], tag: str = "td") -> str:
    first, *rest = map(escape, row)
    name = f"<{tag} style='{LEFT}'>{first}</{tag}>"
    return name + "".join(f"<{tag} style='{RIGHT}'>{cell}</{tag}>" for cell in rest)


def verdict(line: str, *, answered: bool = True) -> str:
    """Return a line that begins with a verdict (✓, ≈ or ✗), the mark on its colour and in its shape.

    answered: whether there was anything to judge. If not, the mark is an outline without a colour.
    """
    mark, words = line[:1], line[1:].strip()
    colour, ink, corners = MARKS[mark]
    look = f"background-color: {colour}; color: {ink}" if answered else "border: 1px dashed"
    shape = f"display: inline-block; width: 20px; line-height: 20px; text-align: center; border-radius: {corners}"
    sign = f"<span style='{shape}; text-indent: 0; font-weight: bold; margin-right: 8px; {look}'>{mark}</span>"
    hanging = "padding-left: 33px; text-indent: -28px; white-space: pre-wrap"
    return f"<div style='{hanging}'>{sign}{escape(words)}</div>"


def show(text: str, html: str) -> None:
    """Print the text; in a notebook show the HTML in its place, and keep the text beside it."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "kernel"):
        print(text)
    else:
        shell.display_pub.publish({"text/plain": text, "text/html": html}, {})
