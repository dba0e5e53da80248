"""For workers of Dask that a notebook starts, with preload="helpers.calm": Stop is meant for the notebook, not for them.

The terminal's interrupt signal goes to the notebook and to all processes that it has started. Dask's workers would die of it,
and the next cell would wait for them.
"""

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Ignore the interrupt signal. Dask calls this in every worker as it starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
