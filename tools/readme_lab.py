"""Take a screenshot of the lab in JupyterLab after a sweep: README's first picture.

python -m tools.readme_lab
"""

import tempfile
from pathlib import Path

from playwright.sync_api import expect

from tools.browser import jupyter, pages, press, run_all

PICTURE = Path(__file__).parents[1] / "docs" / "bench.png"


def main() -> None:
    """Predict, run with the most processes, sweep, and take the screenshot."""
    with tempfile.TemporaryDirectory() as folder, pages() as new_page, jupyter(Path(folder), "jupyterlab") as address:
        page = new_page()
        page.set_viewport_size({"width": 1280, "height": 1500})
        page.goto(address)
        run_all(page)
        page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
        page.get_by_label("I think it takes").fill("1")
        page.locator(".pool-lab .noUi-handle").first.press("End")
        for name in ("Run", "Sweep processes"):
            press(page, name)
            expect(page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()
            expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=120_000)
        page.wait_for_timeout(1000)
        page.locator(".pool-lab").screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
