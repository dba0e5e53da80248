"""Behind `helpers.xray`: what stands between a pool and its workers. Import `XrayPool` from there.

The round trip of one task, file by file:

1. `validation` refuses at once what workers could only die of.
2. `messages`: the call becomes chunks of tasks. When the stock pool sends a chunk, `pickling` turns its values into one
   stream, and `recorder` notes when, and how many bytes. `inputs` gives an input that may have no end a thread of its
   own.
3. `worker`: the stock pool's worker takes the message, which becomes a job. It unpickles and runs its tasks, and keeps
   a note of the task that it holds, in memory that survives it.
4. `messages`: results, or a failure as a value, are pickled and sent back, with the moments of each task. In the parent
   they become a list of values again, and `recorder` keeps the moments until somebody asks for the spans.
5. `results`: the caller's waiting ends.

Around it: `starting` makes the workers. `supervisor` watches them, and ends the pool by `ending` when it is left, or a
fault is found. `interrupts` holds Stop back while a pool is made. `errors` are what all of these raise.
"""
