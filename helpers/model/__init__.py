"""The cost model: what a pool would do, on any number of workers and CPUs. This is its door; import from here.

`learn` times some items and returns a `Sample`, which simulates any pool of that work; `advise` recommends one. `simulate`
runs a pool that exists on paper only. `amdahl` and `with_overhead` fit laws to a sweep.
"""

from helpers.model.advice import Advice, advise, learn
from helpers.model.laws import Law, amdahl, with_overhead
from helpers.model.simulator import Costs, default_chunksize, simulate

__all__ = [
    "Advice",
    "Costs",
    "Law",
    "advise",
    "amdahl",
    "default_chunksize",
    "learn",
    "simulate",
    "with_overhead",
]
