"""Try to break the bench: a hundred silly inputs and gestures, through a real page of JupyterLab.

python -m tools.silly_inputs

After each of them the page and the kernel must answer, no earlier run may be lost, and less than 1 GB be in use.
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tools.browser import jupyter, pages, press, run_all, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

NUMBERS = ("1e6", "3.7", "-5", "0", "many", "", "9" * 400, "1,00", "٣", "0x10", "1; 2", "<img src=x onerror=alert(1)>")
"""What no field for a whole number takes."""

FUNCTIONS = (
    "", "work", "os.system", "os.abort", "helpers.tasks.missing", "no.where", "a b.c", "..", "sys.exit", "os._exit",
    "helpers.tasks.identity; import os", "time.sleep", "multiprocessing.Pool", "json.dumps", "helpers.lab.PoolLab",
    "builtins.input", "helpers.tasks.nap.nap", "x" * 5000,
)  # fmt: skip

TIMES = ("soon", "-1", "0", "1e9", "1,5", "nan", "1e-300", "9" * 50)

MOST_MEMORY = 1_000_000_000

ANSWERS = """async () => {
    const fold = [...document.querySelectorAll('.pool-lab-fold')].find(one => one.innerText.includes('Python'));
    const before = fold.classList.contains('mod-active'), begun = performance.now();
    fold.click();
    const hidden = () => getComputedStyle(document.querySelector('.pool-lab-code')).display === 'none';
    while (hidden() !== before && performance.now() - begun < 20000) await new Promise(r => setTimeout(r, 20));
    return (performance.now() - begun) / 1000;
}"""
"""Unfold or fold the Python code, which the kernel does; return how many seconds that took."""

CLICK = """([name, times]) => {
    const button = [...document.querySelectorAll('.pool-lab button')].find(one => one.innerText.trim().endsWith(name));
    for (let n = 0; n < times; n++) button.click();
}"""

Gesture = tuple[str, Callable[["Page"], object]]


def status(page: "Page") -> str:
    """Return the text of the status line."""
    return page.locator(".pool-lab [role=status]").inner_text()


def runs(page: "Page") -> int:
    """Return how many runs the bench has."""
    return page.locator(".pool-lab-runs .widget-toggle-buttons button:visible").count()


def idle(page: "Page", seconds: float = 60) -> None:
    """Wait until Run can be pressed and Stop cannot."""
    buttons = [page.get_by_role("button", name=name, exact=True) for name in ("Run", "Stop")]
    until(lambda: buttons[0].is_enabled() and buttons[1].is_disabled(), seconds)


def unfold(page: "Page") -> None:
    """Let More be open."""
    if not page.get_by_label("Rows", exact=True).is_visible():
        press(page, "More")
        page.get_by_label("Rows", exact=True).wait_for(state="visible")


def typed(page: "Page", label: str, text: str, button: str) -> None:
    """Type a text into a field, and press a button."""
    unfold(page)
    page.get_by_label(label, exact=True).fill(text)
    press(page, button)
    page.wait_for_timeout(300)
    idle(page)


def refused(label: str, text: str, button: str, words: str, valid: str) -> Gesture:
    """Return the gesture of typing what is refused in these words; afterwards the field holds what is valid."""

    def gesture(page: "Page") -> None:
        before = runs(page)
        typed(page, label, text, button)
        until(lambda: words in status(page), 10)
        idle(page)  # what is typed before Run can be pressed again changes nothing
        assert runs(page) == before
        page.get_by_label(label, exact=True).fill(valid)
        page.get_by_label(label, exact=True).press("Enter")
        until(lambda: words not in status(page), 10)

    return f"{label}: {text[:20]!r}", gesture


def fields() -> Iterator[Gesture]:
    """Yield what can be typed into the fields for numbers."""
    words = "a whole number from 1 to "
    for text in NUMBERS:
        yield refused("Rows", text, "Run", words, "2000")
    for label, text in itertools.product(("What if: processes", "CPUs"), (*NUMBERS[:7], "100000", "1000000000")):
        yield refused(label, text, "Simulate", words, "64")
    for text in TIMES:
        yield refused("I think it takes", text, "Run", "a number of seconds above 0", "1")


def functions() -> Iterator[Gesture]:
    """Yield names of functions that are none, or that do harm."""
    for name in FUNCTIONS:

        def gesture(page: "Page", name: str = name) -> None:
            choose(page, "your own function")
            unfold(page)
            page.get_by_label("Function", exact=True).fill(name)
            press(page, "Run")
            page.wait_for_timeout(2500)
            stop(page)
            choose(page, "even distances")

        yield f"function {name[:30]!r}", gesture


def rows(page: "Page", number: str) -> None:
    """Type the number of rows, and press Enter."""
    page.get_by_label("Rows", exact=True).fill(number)
    page.get_by_label("Rows", exact=True).press("Enter")


def choose(page: "Page", task: str) -> None:
    """Choose a task."""
    page.locator(".pool-lab-bar select").select_option(label=task)
    page.wait_for_timeout(150)


def drag(page: "Page", label: str, keys: Sequence[str]) -> None:
    """Move the slider with this label by keys."""
    slider = page.locator(f".pool-lab .widget-hslider:has(label:text-is('{label}')) .noUi-handle")
    for key in keys:
        slider.press(key)


def stop(page: "Page") -> None:
    """Press Stop if it can be pressed, and wait until nothing runs."""
    page.wait_for_timeout(300)
    page.evaluate(CLICK, ["Stop", 1])
    idle(page, 120)


def stop_after(page: "Page", milliseconds: int) -> None:
    """Press Run, and Stop after a while."""
    press(page, "Run")
    page.wait_for_timeout(milliseconds)
    page.evaluate(CLICK, ["Stop", 1])
    stop(page)


def hammer(page: "Page", name: str) -> None:
    """Click a button thirty times at once, without waiting for anything."""
    page.evaluate(CLICK, [name, 30])
    page.wait_for_timeout(300)
    idle(page, 120)


def interrupt(page: "Page") -> None:
    """Press Run, and interrupt the kernel."""
    page.get_by_label("Rows", exact=True).fill("2000000")
    press(page, "Run")
    page.wait_for_timeout(1500)
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()")
    until(lambda: "Stopped" in status(page), 10)
    idle(page)
    rows(page, "2000")


def loaded_again(page: "Page", running: bool) -> None:
    """Load the page again."""
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1000)
    if running:
        press(page, "Run")
    page.reload()
    page.wait_for_function("() => window.jupyterapp && jupyterapp.restored.then(() => true)")
    page.locator(".pool-lab").wait_for(timeout=60_000)
    page.wait_for_timeout(3000)
    idle(page)


def while_running(page: "Page", action: Callable[["Page"], object]) -> None:
    """Do something while tasks run that take a while."""
    page.get_by_label("Rows", exact=True).fill("1000000")
    press(page, "Run")
    page.wait_for_timeout(700)
    action(page)
    stop(page)
    rows(page, "2000")


def gestures() -> Iterator[Gesture]:
    """Yield what can be done with the mouse and the keys."""
    for milliseconds in (0, 50, 300, 1000, 2500):
        yield f"Stop after {milliseconds} ms", partial(stop_after, milliseconds=milliseconds)
    for name in ("Run", "Stop", "More", "Simulate", "Python", "All runs"):
        yield f"{name}, thirty times", partial(hammer, name=name)
    yield "More is open", unfold
    for label in ("Processes", "Chunks", "Chunk size"):
        yield f"{label} to and fro", partial(drag, label=label, keys=["End", "Home", "End", "PageDown", "Home", "End"])
        yield f"Run with the most {label}", partial(stop_after, milliseconds=4000)
        yield (
            f"Simulate with the most {label}",
            partial(typed, label="What if: processes", text="4096", button="Simulate"),
        )
        yield f"{label} back", partial(drag, label=label, keys=["Home", "ArrowRight"])
    for task in ("random draws", "skewed distances, sorted", "skewed distances, shuffled", "even distances"):
        yield task, partial(choose, task=task)
        yield f"{task}: learn", partial(drag, label="Processes", keys=["Home"])
        yield f"{task}: run at once", partial(stop_after, milliseconds=3000)
    move = partial(drag, label="Processes", keys=["End", "Home"])
    yield "moves while tasks run", partial(while_running, action=move)
    yield (
        "projector while tasks run",
        partial(while_running, action=lambda page: page.get_by_label("projector").click()),
    )
    yield "no projector", lambda page: page.get_by_label("projector").uncheck()
    yield "a narrow window", lambda page: page.set_viewport_size({"width": 320, "height": 400})
    yield "a large window", lambda page: page.set_viewport_size({"width": 1280, "height": 720})
    yield "the kernel's own Stop", interrupt
    yield "loaded again", partial(loaded_again, running=False)
    yield "loaded again while tasks run", partial(loaded_again, running=True)
    yield "Compare, thirty times", partial(hammer, name="Compare start methods")
    yield "Run, after all", partial(stop_after, milliseconds=5000)


def try_all(page: "Page", tried: Iterator[Gesture], memory: Callable[[], int], tell: Callable[[str], object]) -> int:
    """Try gestures in turn, and return how many there were. Raises AssertionError for the first that does harm."""
    number, before = 0, runs(page)
    for number, (name, gesture) in enumerate(tried, 1):
        began = time.perf_counter()
        gesture(page)
        answered = page.evaluate(ANSWERS)
        now, used = runs(page), memory()
        took = time.perf_counter() - began
        tell(f"{number:4} {took:6.1f} s  answers in {answered:5.2f} s  {now:3} runs {used / 1e6:6.0f} MB  {name}")
        assert answered < 10, f"after {name}, the bench did not answer for {answered:.1f} s"
        assert now >= before, f"{name} has lost {before - now} runs"
        assert used < MOST_MEMORY, f"{name} took {used / 1e9:.1f} GB"
        before = now
    return number


def memory_of_kernel() -> int:
    """Return the bytes of the kernel that this process has started, with its workers; 0 if there is none."""
    total = 0
    for child in psutil.Process().children(recursive=True):
        try:
            if "ipykernel" in " ".join(child.cmdline()) or "multiprocessing" in " ".join(child.cmdline()):
                total += child.memory_full_info().uss
        except psutil.Error:  # it has just ended
            continue
    return total


def main() -> int:
    """Try everything, and print a line for each; return 1 if something did harm."""
    with tempfile.TemporaryDirectory() as folder, pages() as new_page, jupyter(Path(folder), "jupyterlab") as address:
        page = new_page()
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.goto(address)
        run_all(page)
        page.evaluate("() => jupyterapp.commands.execute('application:toggle-left-area')")
        typed(page, "Rows", "2000", "Run")
        until(lambda: runs(page) == 1)
        try:
            number = try_all(page, itertools.chain(fields(), gestures(), functions()), memory_of_kernel, print)
        except Exception as error:  # noqa: BLE001 - whatever it is, the page has not done what it should
            page.screenshot(path="screenshots/silly_inputs.png")
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return 1
    print(f"{number} silly inputs and gestures: nothing froze, and no run was lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
