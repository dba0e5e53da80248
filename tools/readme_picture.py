"""Take the timeline of the executed second lesson as the picture of README and, as a PNG, of the index.

python -m tools.readme_picture
"""

import base64
import io
import re
from pathlib import Path

import nbformat
from PIL import Image

from tools.browser import pages

ROOT = Path(__file__).parents[1]
LESSON = ROOT / "notebooks" / "02_pool_map.ipynb"
INDEX = ROOT / "notebooks" / "index.ipynb"
PICTURE = ROOT / "docs" / "timeline.svg"
ATTACHMENT = "timeline.png"
"""The picture's name in the index, which is copied to other folders, and so has to hold its picture itself."""

COLOURS = 32  # enough for text and flat areas


def first_timeline() -> str:
    """Return the first drawing of the lesson on a white page, since README does not tell a picture its theme."""
    for cell in nbformat.read(LESSON, as_version=4).cells:
        for output in cell.get("outputs", ()):
            if found := re.search(r"<svg.*?</svg>", output.get("data", {}).get("text/html", ""), re.DOTALL):
                return found[0].replace("style='", "style='background: #fff; color: #222; ", 1)
    raise ValueError(f"{LESSON.name} shows no timeline; run it first with python -m tools.run_notebooks")


def as_png(svg: str) -> bytes:
    """Draw an SVG in a browser. Jupyter shows no SVG that is attached to a cell."""
    with pages() as new_page:
        page = new_page()
        page.set_content(svg)
        screenshot = page.locator("svg").first.screenshot()
    png = io.BytesIO()
    Image.open(io.BytesIO(screenshot)).convert("RGB").quantize(COLOURS).save(png, "PNG", optimize=True)
    return png.getvalue()


def attach(picture: bytes) -> None:
    """Put the picture into the cell of the index that shows it."""
    index = nbformat.read(INDEX, as_version=4)
    (cell,) = [cell for cell in index.cells if f"(attachment:{ATTACHMENT})" in cell.source]
    cell.attachments = {ATTACHMENT: {"image/png": base64.b64encode(picture).decode()}}
    INDEX.write_text(nbformat.writes(index) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(first_timeline() + "\n", encoding="utf-8")
    attach(as_png(first_timeline()))
