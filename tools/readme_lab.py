"""Take a screenshot of the lab in JupyterLab after a sweep: for README, and for the lab's notebook before it runs.

python -m tools.readme_lab && python -m tools.run_notebooks pool_lab
"""

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import expect

from tools.browser import jupyter, pages, press, run_all
from tools.quiet import disturbances, measure_state

if TYPE_CHECKING:
    from playwright.sync_api import Page

PICTURE = Path(__file__).parents[1] / "docs" / "lab.png"
COLOURS = 64  # enough for text and flat areas, and a third of the bytes


def main() -> None:
    """Predict and run one process, sweep up to the most processes, and take the screenshot, on a quiet machine only."""
    before = measure_state()
    if found := disturbances(before):
        raise SystemExit(f"this machine is disturbed: {'; '.join(found)}")
    with tempfile.TemporaryDirectory() as folder, pages() as new_page, jupyter(Path(folder), "jupyterlab") as address:
        page = new_page()
        page.set_viewport_size({"width": 1280, "height": 1500})
        page.goto(address)
        run_all(page)
        page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
        press(page, "More")
        page.get_by_label("I think it takes").fill("2")
        page.locator(".pool-lab .noUi-handle").first.press("Home")
        _run(page, "Run")
        page.locator(".pool-lab .noUi-handle").first.press("End")
        _run(page, "Sweep processes")
        press(page, "More")
        page.wait_for_timeout(1000)
        screenshot = page.locator(".pool-lab").screenshot()
    if found := disturbances(before, measure_state()):
        raise SystemExit(f"this machine was disturbed, and the picture is not written: {'; '.join(found)}")
    Image.open(io.BytesIO(screenshot)).convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)


def _run(page: "Page", button: str) -> None:
    """Press a button that runs pools, and wait for the end."""
    press(page, button)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=120_000)


if __name__ == "__main__":
    main()
