"""Behind the command `python -m helpers.xray SCRIPT`: an unmodified program runs, and every pool of it is X-rayed.

In the order in which they take part:

- `command` reads the arguments, and `child` runs the program as a child process, with the folder `hook` first on its
  path.
- `guardian` is a second process of the command, for signals that the command cannot understand, or not survive.
- `hook/sitecustomize` is what Python imports there before the program. It puts everything back as it was, and waits
  for the program to import a module with pools.
- `hooks` then puts the classes that record into that module, in the places of the stock ones; they are in `pools`.
- `places` finds out which line of the program has made a pool.
- `journal` keeps what was recorded in a file, as it comes, so that a program may end in any way.
- `recording` reads the file when the program has ended, as a `Run` for each pool.
- `summary` says in a paragraph what was seen, and `page` shows it. `same_place` explains pools that were made at one
  place together.

With `--start-methods`, `start_methods` runs the program once with each of them:

- `trial` is one run, in which `method_hook` has set the start method, and `outputs` compares what two of them printed.
- `symptoms` recognises errors in the output. `worker_code`, `shared_names`, `changed_objects`, `unpicklable` and
  `hazards` read the program (`program_text`, `syntax`, `code_reader`) for what works with one method only.
- `finding_causes` joins both; `causes` are the kinds, each with its remedy; `verdicts` says it in sentences.
"""
