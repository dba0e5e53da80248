"""The cost model: what a pool would do, on any number of workers and CPUs. This is its door; import from here.

`learn` times some items and returns a `Sample`, which simulates any pool for that work, and says how sure it is of the
seconds (`Sample.interval`, from its `Spread`); `advise` recommends a pool.
`simulate` runs a pool on paper, at given `Costs`. `amdahl` and `with_overhead` fit laws to a sweep; `limit_in_words`
says which speed-up a serial share allows.
"""

from helpers.model.advice import Advice, advise
from helpers.model.costs import Costs, Leg
from helpers.model.laws import Law, amdahl, limit_in_words, with_overhead
from helpers.model.learning import learn
from helpers.model.sample import Sample
from helpers.model.simulator import default_chunksize, simulate
from helpers.model.spread import Spread

__all__ = [
    "Advice",
    "Costs",
    "Law",
    "Leg",
    "Sample",
    "Spread",
    "advise",
    "amdahl",
    "default_chunksize",
    "learn",
    "limit_in_words",
    "simulate",
    "with_overhead",
]
