"""The page about 10,000 tasks in a real browser: nothing is missing or cut off, in the light and in the dark.

Screenshots are written to tests/lab/screenshots, which git ignores. Look at them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsers import browser_or_skip
from test_page import SPANS, make_pool, recording_of

from helpers.program.journal import Journal
from helpers.program.page import page

SCREENSHOTS = Path(__file__).parents[1] / "lab" / "screenshots"
COLOUR = "of => getComputedStyle(document.body)[of].match(/\\d+/g).slice(0, 3).map(Number)"
HIDDEN = "() => [...document.querySelectorAll('.scroll, figure')].map(box => box.scrollWidth - box.clientWidth)"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def nothing_is_left() -> None:
    """Do not check for processes after each test, since a browser keeps its own."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory) -> Iterator:
    """The page in a browser, and what the browser complained about."""
    folder = tmp_path_factory.mktemp("page")
    journal = Journal(str(folder / "journal"))
    make_pool(journal, 0, 12, tasks=SPANS)
    make_pool(journal, 1, 30, tasks=20)
    file = folder / "page.html"
    file.write_text(page(recording_of(folder), "script.py", "It ended.", "trace.json"), encoding="utf-8")
    with browser_or_skip() as new_page:
        tab = new_page()
        complaints = []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("requestfailed", lambda request: complaints.append(request.url))
        tab.goto(file.as_uri())
        yield tab, complaints
        tab.close()


def test_the_browser_draws_all_of_it_and_complains_about_nothing(shown):
    tab, complaints = shown
    assert complaints == []
    boxes = [figure.bounding_box() for figure in tab.locator("figure svg[role=img]").all()]
    assert len(boxes) == 4  # a timeline and a bar for each of two places
    assert all(box["width"] > 800 and box["height"] > 100 for box in boxes)
    assert tab.locator("tbody tr").count() == 223


def test_no_table_and_no_picture_is_cut_off(shown):
    tab, _ = shown
    assert set(tab.evaluate(HIDDEN)) == {0}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_text_stands_out_from_its_background(shown, scheme):
    tab, _ = shown
    tab.emulate_media(color_scheme=scheme)
    SCREENSHOTS.mkdir(exist_ok=True)
    tab.screenshot(path=SCREENSHOTS / f"page-{scheme}.png")
    text, background = (sum(tab.evaluate(COLOUR, name)) / 3 for name in ("color", "backgroundColor"))
    assert (text - background if scheme == "dark" else background - text) > 150


def test_a_place_is_one_click_away(shown):
    tab, _ = shown
    tab.get_by_role("link", name="script.py:30 in main").click()
    assert tab.locator("h2", has_text="script.py:30 in main").evaluate("it => it.getBoundingClientRect().top") < 720


def test_the_figures_of_a_picture_can_be_unfolded(shown):
    tab, _ = shown
    tab.get_by_text("The same in figures").first.click()
    assert tab.locator("details pre").first.is_visible()
