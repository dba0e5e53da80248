"""Worker functions, measuring and drawing for the course on process pools; import its modules by name.

The modules at the door are for notebooks and programs; the folders are what stands behind them, and their docstrings
say what is where. CONTRIBUTING.md has a line for each.

    in workers      tasks, word_tasks, array_tasks, failing_tasks
    record          xray, xray_threads, xray_executor, spans (a run and its tasks), trace (saved as a file)
    measure         timing, findings (sentences that figures must hold), machine, other_programs, preflight
    show            timeline, plots, markup, text
    explain         diagnosis, model (what another pool would do)
    try             lab (widgets), own_function, museum (code that may hang, in a process of its own)
    course          checks (of exercises), my_lessons (copies for students), cluster, dask_process
"""
