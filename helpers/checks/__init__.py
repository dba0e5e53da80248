"""The checks of the exercises: each looks at an answer and returns a tick or a hint, and none gives the answer away.

A lesson calls `checks.name(answer, facts...)`. A new check is a function in the module of its topic, with the decorator
`exercise_check` (see `verdict`), and a name in the list below.
"""

# ruff: noqa: F401 - the notebooks use what is imported here

from helpers.checks.advising import advice, pool_seconds
from helpers.checks.choosing import blas_threads_each, faster_differences, threads_or_processes
from helpers.checks.chunks import chunk_lengths, chunk_size_for, default_chunks, map_seconds
from helpers.checks.clusters import repeatable, tasks_together
from helpers.checks.failures import collected, picklable_exception
from helpers.checks.mapping import pool_distances, put_in_order, side_by_side, unordered_order
from helpers.checks.programs import little_returned, price_list_sent_once
from helpers.checks.random_streams import cut_for_any_pool, same_for_any_pool, seed_of_task
from helpers.checks.sending import megabytes_sent, sends_less, with_shared
from helpers.checks.speedup import best_processes, processes_for_speedup, speedup_without_largest_loss
from helpers.checks.start_methods import findable, spawned_script
from helpers.checks.timing import best_time, median_seconds, share_of_cpus, timing_summary
