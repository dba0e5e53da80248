"""Whatever keeps a browser from starting, its tests are skipped with the reason and the remedy; in CI they fail."""

import os

import pytest
from browsers import browser_or_skip

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs that cannot start here are shell scripts")

MISSING = "error while loading shared libraries: {}: cannot open shared object file: No such file or directory"


def program(path, text: str) -> str:
    path.write_text(f"#!/bin/sh\necho '{text}' >&2\nexit 127\n")
    path.chmod(0o755)
    return str(path)


def driver_lacks_a_library(folder, monkeypatch):
    """As on a minimal Debian."""
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", program(folder / "node", "node: " + MISSING.format("libatomic.so.1")))


def driver_is_not_there(folder, monkeypatch):
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(folder / "no_node"))


def browser_is_not_there(folder, monkeypatch):
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(folder))


def browser_lacks_a_library(folder, monkeypatch):
    program(folder / "chromium", "chromium: " + MISSING.format("libnss3.so"))
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


WHAT_IS_WRONG = [
    (driver_lacks_a_library, "libatomic.so.1: cannot open"),
    (driver_is_not_there, "no_node"),
    (browser_is_not_there, "there is no Chromium"),
    (browser_lacks_a_library, "libnss3.so: cannot open"),
]


@pytest.mark.parametrize("spoil, reason", WHAT_IS_WRONG)
def test_the_tests_are_skipped_with_the_reason_and_the_remedy(spoil, reason, tmp_path, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    spoil(tmp_path, monkeypatch)
    with pytest.raises(pytest.skip.Exception) as skipped, browser_or_skip():
        pass
    assert reason in skipped.value.msg
    assert "apt-get install --yes chromium libatomic1" in skipped.value.msg


def test_in_ci_they_fail(tmp_path, monkeypatch):
    monkeypatch.setenv("CI", "true")
    driver_lacks_a_library(tmp_path, monkeypatch)
    with pytest.raises(pytest.fail.Exception, match="libatomic.so.1"), browser_or_skip():
        pass
