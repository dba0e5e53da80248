"""Behind `helpers.xray`, `xray_threads` and `xray_executor`: what stands between a pool and its workers.

The round trip of one task of an `XrayPool`, file by file:

1. `validation` refuses at once what workers could only die of.
2. `messages`: the call becomes chunks of tasks. When the stock pool sends a chunk, `pickling` turns its values into one
   stream, and `recorder` notes when, and how many bytes. `inputs` gives an input that may have no end a thread of its
   own.
3. `worker`: the stock pool's worker takes the message, which becomes a job. It unpickles and runs its tasks, and keeps
   a note of the task that it holds, in memory that survives it.
4. `messages`: results, or a failure as a value, are pickled and sent back, with the moments of each task. In the parent
   they become a list of values again, and `recorder` keeps the moments until somebody asks for the spans.
5. `results`: the caller's waiting ends.

Around it: `worker_context` makes the workers. `supervisor` watches them, and ends the pool by `ending` when it is left,
or a fault is found. `interrupts` holds Stop back while a pool is made. `errors` are what all of these raise.
`exceptions` lets the error of a task travel. `recorded_run` makes a run of what `recorder` kept.

Executors and thread pools stay as they are, and nobody watches them: `executor_messages` go to the workers of an
executor and come back, `executor_context` gives these workers their notes; `threads` and `interpreters` note what is
not sent at all.
"""
