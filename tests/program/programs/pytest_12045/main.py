# Report: pytest-dev/pytest#12045, multiprocessing spawn and monkeypatch
# Expected: silent with spawn, forkserver; cause stale in line 19
from multiprocessing import Process

import service


def mock_function():
    return "mocked"


def wrapper():
    print(service.answer())


def test_wrapper():
    """Replace what the service calls, as monkeypatch.setattr does."""
    # The worker that is not forked imports the service anew.
    service.fetch = mock_function
    process = Process(target=wrapper)
    process.start()
    process.join()


if __name__ == "__main__":
    test_wrapper()
