"""Record a run in the lab as a moving picture, docs/run.webp, and let README begin with it.

    python -m tools.readme_animation               on a quiet machine only
    python -m tools.readme_animation --draft FILE  on any machine, to look at it; README stays as it is

The lab runs in JupyterLab, in a real browser. A frame is taken a few times a second, and shown for as long as it took
until the next one. The picture is that of the lab's default settings, so it shows what a user sees who presses Run.
"""

import argparse
import io
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageChops, ImageColor

from helpers.drawing.picture import COLOURS
from tools.browser import jupyter, pages, press, run_all
from tools.quiet import disturbances, measure_state

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[1]
README, PICTURE = ROOT / "README.md", ROOT / "docs" / "run.webp"
BLOCK = re.compile(r"(?<=<!-- moving picture -->\n).*?(?=<!-- end of moving picture -->)", re.DOTALL)
ALTERNATIVE_TEXT = "A run in the lab: the timeline of the workers grows while they compute; then the speed-up appears"
WIDTH, HEIGHT = 1120, 630
"""The size of the page: README shows it about as wide, so that letters stay sharp."""

INTERVAL = 0.2
"""Seconds between two frames: a screenshot takes time that the workers need."""

LONGEST = 60.0
BEFORE, AFTER = 1.0, 4.0
"""Seconds for which the first and the last frame are shown."""

MOST_COLOURS = 96
MOST_BYTES = 600_000

Frame = tuple[Image.Image, float]


def record(page: "Page") -> list[Frame]:
    """Press Run, and return what the lab looked like until it had ended: pictures, and for how long each is shown.

    Raises TimeoutError when the run does not end.
    """
    frames = [(_screenshot(page), BEFORE)]
    run = page.get_by_role("button", name="Run", exact=True)
    press(page, "Run")
    began, has_begun = time.monotonic(), False
    while not has_begun or run.is_disabled():
        if time.monotonic() > began + LONGEST:
            raise TimeoutError(f"the run was not over after {LONGEST:g} s")
        shown = time.monotonic()
        has_begun = has_begun or run.is_disabled()
        frame = _screenshot(page)
        page.wait_for_timeout(1000 * INTERVAL)
        frames.append((frame, time.monotonic() - shown))
    page.wait_for_timeout(1500)  # what is drawn after the end
    frames.append((_screenshot(page), AFTER))
    area = _visible_lab(page)
    return [(frame.crop(area), seconds) for frame, seconds in frames]


def distinct(frames: list[Frame]) -> Iterator[Frame]:
    """Yield the frames with as few colours as needed, those that are alike as one, which is shown for longer."""
    palette = _palette([frames[place][0] for place in (0, len(frames) // 4, len(frames) // 2, -1)])
    last, shown = frames[0][0].quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB"), 0.0
    for image, seconds in frames:
        frame = image.quantize(palette=palette, dither=Image.Dither.NONE).convert("RGB")
        if ImageChops.difference(frame, last).getbbox():
            yield last, shown
            last, shown = frame, 0.0
        shown += seconds
    yield last, shown


def _palette(images: list[Image.Image]) -> Image.Image:
    """Return a picture whose palette has the course's colours, and those that pictures of one size need together."""
    width, height = images[0].size
    together = Image.new("RGB", (width, height * len(images)))
    for number, image in enumerate(images):
        together.paste(image, (0, number * height))
    needed = together.quantize(MOST_COLOURS - len(COLOURS)).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*b"".join(map(bytes, map(ImageColor.getrgb, COLOURS.values()))), *needed])
    return palette


def save(frames: list[Frame], path: Path) -> int:
    """Write a moving picture that begins anew for ever; return its bytes. Raises ValueError when it is too large."""
    (first, *others), seconds = zip(*frames, strict=True)
    durations = [round(1000 * each) for each in seconds]
    data = io.BytesIO()
    first.save(data, "WEBP", save_all=True, append_images=others, duration=durations, loop=0, lossless=True, method=6)
    size = len(data.getvalue())
    if size > MOST_BYTES:
        raise ValueError(f"the moving picture has {size:,} bytes; {MOST_BYTES:,} is the most")
    path.write_bytes(data.getvalue())
    return size


def _screenshot(page: "Page") -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _visible_lab(page: "Page") -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what the window shows of the lab."""
    box = page.locator(".pool-lab").bounding_box()
    if not box:
        raise ValueError("the page shows no lab")
    left, top = max(int(box["x"]), 0), max(int(box["y"]), 0)
    return left, top, min(int(box["x"] + box["width"]), WIDTH), min(int(box["y"] + box["height"]), HEIGHT)


def main() -> None:
    """Record a run, write the picture, and name it in README."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draft", type=Path, metavar="FILE", help="write it here, whatever the machine does")
    options = parser.parse_args()
    before = measure_state()
    if not options.draft and (found := disturbances(before)):
        raise SystemExit(f"this machine is disturbed: {'; '.join(found)}")
    with tempfile.TemporaryDirectory() as folder, pages() as new_page, jupyter(Path(folder), "jupyterlab") as address:
        page = new_page()
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        page.goto(address)
        run_all(page)
        page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
        page.locator(".pool-lab").evaluate("lab => lab.scrollIntoView({block: 'start'})")
        page.wait_for_timeout(2000)
        frames = record(page)
    if not options.draft and (found := disturbances(before, measure_state())):
        raise SystemExit(f"this machine was disturbed, and the picture is not written: {'; '.join(found)}")
    picture = options.draft or PICTURE
    print(f"{picture.name}: {save(list(distinct(frames)), picture):,} bytes")
    if not options.draft:
        block = f"![{ALTERNATIVE_TEXT}]({PICTURE.relative_to(ROOT).as_posix()})\n"
        text = BLOCK.sub(lambda _: block, README.read_text(encoding="utf-8"))
        README.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
