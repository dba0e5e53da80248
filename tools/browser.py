"""The lab in a real browser: Chromium, and JupyterLab, Notebook 7 or Voila on loopback with folders of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Playwright

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "pool_lab.ipynb"
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
CHROMIUM_FLAGS += ["--disable-background-networking", "--disable-component-update"]
REMEDY = (
    "On Debian, install it as root with: apt-get update && apt-get install --yes chromium libatomic1; "
    "elsewhere, also on Ubuntu, with: playwright install --with-deps chromium"
)


class NoBrowser(RuntimeError):
    """No browser can start on this machine; the text says why, and what to do about it."""


@contextmanager
def pages() -> Iterator[Callable[[], "Page"]]:
    """Start a browser; yield a function that opens a page of 1280 by 720 pixels.

    Raises NoBrowser if it does not start, for whatever reason.
    """
    with ExitStack() as stack:
        try:
            browser = _start_browser(stack)
        except Exception as error:  # also those of the driver, which have no class of their own
            raise NoBrowser(f"no browser can start here: {_reason(error)}. {REMEDY}") from error
        yield lambda: browser.new_page(viewport={"width": 1280, "height": 720})


def _start_browser(stack: ExitStack) -> "Browser":
    from playwright._impl._driver import compute_driver_executable
    from playwright.sync_api import sync_playwright

    node, *_ = compute_driver_executable()  # playwright does not tell why its driver, a program for Node.js, ends
    subprocess.run([node, "--version"], check=True, capture_output=True, encoding="utf-8", timeout=60)
    playwright = stack.enter_context(sync_playwright())
    launched = playwright.chromium.launch(executable_path=_chromium(playwright), args=CHROMIUM_FLAGS)
    return stack.enter_context(launched)


def _reason(error: Exception) -> str:
    """The line of an error that says most: of a program that failed, what it wrote."""
    lines = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
    of_the_loader = [line for line in lines if "error while loading shared libraries" in line]
    return [*of_the_loader, *lines, type(error).__name__][0].strip().rstrip(".")


def _chromium(playwright: "Playwright") -> str:
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(found, playwright.chromium.executable_path)
    if not Path(path).exists():
        raise FileNotFoundError("there is no Chromium")
    return path


@contextmanager
def jupyter(folder: Path, front_end: str) -> Iterator[str]:
    """Serve the lab's notebook in "jupyterlab" or "notebook", from an empty folder; yield its address."""
    options = ["--no-browser", "--port=0", "--expose-app-in-browser", "--allow-root", f"--ServerApp.root_dir={folder}"]
    with serving(folder, front_end, *options):
        until(lambda: any(path.read_text().endswith("}") for path in (folder / "runtime").glob("jpserver-*.json")))
        (found,) = (folder / "runtime").glob("jpserver-*.json")
        server = json.loads(found.read_text())
        where = "lab/tree" if front_end == "jupyterlab" else "notebooks"
        yield f"{server['url']}{where}/{NOTEBOOK.name}?token={server['token']}"


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[None]:
    """Run a server as a module of this Python, in an empty folder with the lab's notebook.

    Raises RuntimeError if it leaves a process behind.
    """
    shutil.copy(NOTEBOOK, folder)
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    notifications = {"fetchNews": "false", "checkForUpdates": False}  # otherwise a pop-up appears
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(notifications))
    folders = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    (folder / "data").mkdir()  # where Voila keeps a secret; it does not make the folder itself
    folders |= {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "spaces"),
    }
    with open(folder / "server.log", "wb") as log:
        program = [sys.executable, "-m", *command]
        server = subprocess.Popen(program, cwd=folder, env=os.environ | folders, stdout=log, stderr=log)
    try:
        yield
    finally:
        children = psutil.Process(server.pid).children(recursive=True)
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
        _, left = psutil.wait_procs(children, timeout=10)
        for process in left:
            process.kill()
        if left:
            raise RuntimeError(f"the server left {len(left)} processes behind")


def run_all(page: "Page") -> None:
    """Run all cells of the notebook that the page shows, and wait for the lab."""
    page.wait_for_function("() => window.jupyterapp && jupyterapp.restored.then(() => true)")
    page.wait_for_function("() => jupyterapp.shell.currentWidget?.sessionContext?.isReady")
    page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    page.locator(".pool-lab").wait_for(timeout=60_000)
    page.locator(".pool-lab").scroll_into_view_if_needed()


def press(page: "Page", name: str) -> None:
    """Press a button of the lab."""
    page.get_by_role("button", name=name, exact=True).click()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Wait until the condition is true. Raises TimeoutError when the given number of seconds has passed."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition was not true within {seconds:g} s")
        time.sleep(0.05)
