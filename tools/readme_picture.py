"""Take the timeline of the executed second lesson as README's picture.

python -m tools.readme_picture
"""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
LESSON = ROOT / "notebooks" / "02_pool_map.ipynb"
PICTURE = ROOT / "docs" / "timeline.svg"


def first_timeline() -> str:
    """Return the first drawing of the lesson on a white page, since README does not tell a picture its theme."""
    for cell in nbformat.read(LESSON, as_version=4).cells:
        for output in cell.get("outputs", ()):
            if found := re.search(r"<svg.*?</svg>", output.get("data", {}).get("text/html", ""), re.DOTALL):
                return found[0].replace("style='", "style='background: #fff; color: #222; ", 1)
    raise ValueError(f"{LESSON.name} shows no timeline; run it first with python -m tools.run_notebooks")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(first_timeline() + "\n", encoding="utf-8")
