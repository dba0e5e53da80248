"""How the exception of a task travels to the caller, with its traceback, whatever its class does when it is pickled.

Workers import this module: keep it light.
"""

import traceback
from multiprocessing.pool import RemoteTraceback  # type: ignore[attr-defined] # the stubs lack it

from helpers.pool.errors import TaskFailed, brief
from helpers.pool.pickling import dumps, loads


def pack_exception(error: BaseException) -> tuple[bytes, str, str]:
    """Return an exception as bytes, its traceback as text, and what it says, in case that it cannot be unpickled.

    It is unpickled by the caller only: what can be done once only, such as taking over a connection, is left to him.
    What pickle cannot copy becomes a `TaskFailed`, as does what would end more than its task: `StopIteration` the list
    of results, and what is not an `Exception` the worker.
    """
    try:
        text = "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 (its own __str__ may do anything)
        text = brief(error)
    reason = "which would end more than its task"
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        try:
            return dumps(error), text, brief(error)
        except BaseException as problem:  # noqa: BLE001 (any error means the same)
            reason = f"which pickle cannot return to the caller ({brief(problem)})"
    return dumps(TaskFailed(f"the task raised {brief(error)}, {reason}")), text, ""


def unpack_exception(data: bytes, text: str, said: str, task: int) -> BaseException:
    """Return the exception with the worker's traceback as its cause, and with the number of its task as `xray`."""
    reason = "which pickle turns into something else"
    try:
        error = loads(data)
        if isinstance(error, Exception):
            return _with_origin(error, text, task)
    except BaseException as problem:  # noqa: BLE001 (the caller raises it)
        reason = f"which pickle cannot return to the caller ({brief(problem)})"
    return _with_origin(TaskFailed(f"the task raised {said}, {reason}"), text, task)


def _with_origin(error: Exception, text: str, task: int) -> Exception:
    if text:
        cause = RemoteTraceback(f'\n"""\n{text}"""')
        BaseException.__dict__["__cause__"].__set__(error, cause)  # whatever its class says to new attributes
    error.__dict__["xray"] = task
    return error
