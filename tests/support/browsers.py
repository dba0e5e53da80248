"""A real browser for tests; where none can start, they are skipped with the reason."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tools.browser import NoBrowser, pages

if TYPE_CHECKING:
    from playwright.sync_api import Page


@contextmanager
def browser_or_skip() -> Iterator[Callable[[], "Page"]]:
    """Skip the tests where no browser can start. CI installs one: there they fail."""
    try:
        with pages() as new_page:
            yield new_page
    except NoBrowser as error:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(str(error))
