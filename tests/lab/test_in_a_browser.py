"""The lab in a real browser, in each front end: it moves while a pool works, stops, and can be used without a mouse.

Screenshots are written to tests/lab/screenshots, which git ignores. Look at them.
"""

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsers import browser_or_skip

from tools import silly_inputs
from tools.browser import NOTEBOOK, jupyter, press, run_all, serving, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, LocatorAssertions, Page

SCREENSHOTS = Path(__file__).parent / "screenshots"
PROGRESS_PERCENT = "() => Number(document.querySelector('.pool-lab .progress-bar').style.width.replace('%', ''))"
TOO_WIDE = """() => [...document.querySelectorAll('.jp-OutputArea, .jp-OutputArea :not(pre)')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(one).overflowX))
    .map(one => one.className)"""
BARS = "() => document.querySelectorAll('.pool-lab svg[role=img] g').length"

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(autouse=True)
def nothing_is_left() -> None:
    """Do not check for processes after each test, since a browser keeps its own; `serving` checks the server's."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Callable[[], "Page"]]:
    with browser_or_skip() as new_page:
        yield new_page


def expect(locator: "Locator") -> "LocatorAssertions":
    from playwright import sync_api  # not at the top: playwright, too, may be what cannot start here

    return sync_api.expect(locator)


@pytest.fixture(scope="module")
def lab_page(browser: Callable[[], "Page"], tmp_path_factory: pytest.TempPathFactory) -> Iterator["Page"]:
    """The notebook in JupyterLab, run from top to bottom."""
    with jupyter(tmp_path_factory.mktemp("lab"), "jupyterlab") as address:
        page = browser()
        page.errors = []
        page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
        page.goto(address)
        run_all(page)
        page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
        yield page
        page.close()


def status(page: "Page") -> str:
    return page.locator(".pool-lab [role=status]").inner_text()


def runs(page: "Page") -> int:
    return page.locator(".pool-lab tbody tr").count()


def choose_rows(page: "Page", rows: str) -> None:
    """Type the number of rows, which More unfolds."""
    press_more(page, "visible")
    page.get_by_label("Rows", exact=True).fill(rows)
    press_more(page, "hidden")


def press_more(page: "Page", state: str) -> None:
    """Fold or unfold the further controls, and wait until they are "hidden" or "visible"."""
    press(page, "More")
    page.get_by_label("Rows", exact=True).wait_for(state=state)


def screenshot(page: "Page", name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def watch_a_run(page: "Page", name: str) -> None:
    """Press Run, and check that progress and bars change while the run goes on, and that it gets a row in the table."""
    before = runs(page)
    choose_rows(page, "1000000")
    press(page, "Run")
    progress, bars = set(), set()
    while runs(page) == before:
        text = status(page)
        assert "failed" not in text
        progress.add(page.evaluate(PROGRESS_PERCENT))
        bars.add(page.evaluate(BARS))
        if "Running: 8 tasks" in text and 3 <= len(progress) <= 4:
            screenshot(page, f"{name}-live")
        time.sleep(0.05)
    assert len([share for share in progress if 0 < share < 100]) >= 3
    assert len(bars) >= 3
    expect(page.locator(".pool-lab [role=status]")).to_contain_text("times as fast as the loop")
    screenshot(page, f"{name}-done")


def test_a_run_can_be_watched_in_jupyterlab(lab_page):
    watch_a_run(lab_page, "lab")
    assert lab_page.locator(".pool-lab svg[aria-label^='8 tasks on']").is_visible()
    assert "1 measured" in lab_page.locator(".pool-lab svg[aria-label^='Speed-up']").get_attribute("aria-label")


def test_run_is_answered_before_the_run_ends(lab_page):
    expect(lab_page.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=30_000)
    press(lab_page, "Run")
    expect(lab_page.get_by_role("button", name="Stop", exact=True)).to_be_enabled()
    expect(lab_page.locator(".pool-lab-timeline .heading")).to_contain_text("of 8 tasks")
    expect(lab_page.get_by_role("button", name="Run", exact=True)).to_be_enabled(timeout=30_000)


def test_a_stopped_sweep_keeps_its_points(lab_page):
    before = runs(lab_page)
    press_more(lab_page, "visible")
    press(lab_page, "Sweep processes")
    until(lambda: runs(lab_page) > before)
    press(lab_page, "Stop")
    expect(lab_page.locator(".pool-lab [role=status]")).to_contain_text("Stopped. No process is left")
    assert runs(lab_page) > before
    screenshot(lab_page, "lab-stopped")
    press_more(lab_page, "hidden")


def test_the_lab_works_from_the_keyboard_alone(lab_page):
    before = runs(lab_page)
    choose_rows(lab_page, "50000")
    lab_page.locator(".pool-lab select").first.focus()
    lab_page.keyboard.press("Tab")
    lab_page.keyboard.press("ArrowLeft")
    expect(lab_page.locator(".pool-lab .widget-readout").first).to_have_text("1")
    for _ in range(20):
        lab_page.keyboard.press("Tab")
        if lab_page.evaluate("() => document.activeElement.innerText") == "Run":
            break
    lab_page.keyboard.press("Space")
    until(lambda: runs(lab_page) == before + 1)
    expect(lab_page.locator(".pool-lab [role=status]")).to_contain_text("on 1 process")


def test_a_mistake_is_explained_in_words(lab_page):
    before = runs(lab_page)
    for mistake in ("10000000000000", "1e6"):
        choose_rows(lab_page, mistake)
        expect(lab_page.locator(".pool-lab [role=status]")).to_contain_text("Rows: a whole number from 1 to 2,000,000")
        press(lab_page, "Run")
        expect(lab_page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
        expect(lab_page.locator(".pool-lab [role=status]")).to_contain_text("Rows: a whole number from 1 to 2,000,000")
    screenshot(lab_page, "lab-mistake")
    assert runs(lab_page) == before
    choose_rows(lab_page, "50000")
    expect(lab_page.locator(".pool-lab [role=status]")).not_to_contain_text("Rows")


def test_nothing_that_is_typed_can_hurt(lab_page):
    """A part of what `python -m tools.silly_inputs` types."""
    some = list(silly_inputs.fields())[::5]
    assert silly_inputs.try_all(lab_page, iter(some), lambda: 0, print) == len(some)
    press_more(lab_page, "hidden")


def test_the_kernels_own_stop_ends_a_run_and_a_page_loaded_again_controls_the_next(lab_page):
    before = runs(lab_page)
    press_more(lab_page, "visible")
    silly_inputs.interrupt(lab_page)
    silly_inputs.loaded_again(lab_page, running=True)
    until(lambda: runs(lab_page) == before + 1)
    press(lab_page, "Run")
    until(lambda: runs(lab_page) == before + 2)
    expect(lab_page.locator(".pool-lab [role=status]")).to_contain_text("times as fast as the loop")
    press_more(lab_page, "hidden")
    choose_rows(lab_page, "50000")


def test_choosing_processes_shows_what_the_model_expects_before_anything_runs(lab_page):
    before = runs(lab_page)
    lab_page.locator(".pool-lab-processes .noUi-handle").press("End")
    expect(lab_page.locator(".pool-lab-timeline")).to_contain_text(
        re.compile("Expected: .*; 8 tasks on "), timeout=30_000
    )
    expect(lab_page.locator(".pool-lab [role=status]")).to_contain_text("The model expects")
    assert runs(lab_page) == before
    screenshot(lab_page, "lab-expected")
    lab_page.locator(".pool-lab-runs button", has_text="1: ").first.click()
    expect(lab_page.locator(".pool-lab-timeline")).to_contain_text("Run 1: ")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (853, 720)], ids=str)
def test_the_first_screen_shows_the_picture_the_time_and_the_speed_up(lab_page, width, height):
    lab_page.set_viewport_size({"width": width, "height": height})
    if width == 1280:
        lab_page.get_by_label("projector").check()
    lab_page.locator(".pool-lab").evaluate("lab => lab.scrollIntoView()")
    lab_page.wait_for_timeout(500)
    screenshot(lab_page, f"lab-{width}")
    for part in (".pool-lab-timeline svg", ".pool-lab-figure .large"):
        box = lab_page.locator(part).first.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= height - 25
    assert lab_page.evaluate(TOO_WIDE) == []
    whole = lab_page.locator(".pool-lab").bounding_box()["width"]
    assert whole > 0.85 * width - 80
    lab_page.get_by_label("projector").uncheck()
    lab_page.set_viewport_size({"width": 1280, "height": 720})


def test_the_lab_can_be_read_from_the_last_row_and_in_the_dark(lab_page):
    height = "() => document.querySelector('.pool-lab svg text').getBoundingClientRect().height"
    before = lab_page.evaluate(height)
    lab_page.get_by_label("projector").check()
    until(lambda: lab_page.evaluate("() => document.querySelector('.pool-lab').classList.contains('projector')"))
    lab_page.locator(".pool-lab").evaluate("lab => lab.scrollIntoView()")
    screenshot(lab_page, "lab-projector")
    assert lab_page.evaluate(height) > 1.25 * before
    lab_page.get_by_label("projector").uncheck()
    theme = "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
    lab_page.evaluate(theme, "JupyterLab Dark")
    lab_page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")
    lab_page.locator("#jupyterlab-splash").wait_for(state="detached")
    lab_page.locator(".pool-lab").evaluate("lab => lab.scrollIntoView()")
    screenshot(lab_page, "lab-dark")
    lab_page.evaluate(theme, "JupyterLab Light")


def test_the_console_of_the_browser_holds_no_error(lab_page):
    assert lab_page.errors == []


def test_the_lab_works_in_notebook_7(browser, tmp_path):
    with jupyter(tmp_path, "notebook") as address:
        page = browser()
        page.goto(address)
        run_all(page)
        watch_a_run(page, "notebook")
        page.close()


def test_the_lab_works_in_voila(browser, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serving(tmp_path, "voila", NOTEBOOK.name, f"--port={port}", "--no-browser", "--Voila.ip=127.0.0.1"):
        page = browser()
        until(lambda: reachable(port))
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator(".pool-lab").wait_for(timeout=60_000)
        watch_a_run(page, "voila")
        page.close()


def reachable(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
