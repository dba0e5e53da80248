"""What a call ends with, so that two classes can be compared: its value, or what the caller sees of an exception."""

import re
import traceback
from collections.abc import Callable

OURS = re.compile(r'  File "[^"]*helpers[/\\](?:pool|xray)[^"]*", line.*\n(?:    .*\n)*')
NUMBERED = re.compile(r'(File "[^"]*", line )\d+|0x[0-9a-f]+')


def outcome(call: Callable[..., object], *arguments: object, **keywords: object) -> tuple[str, object]:
    """Return "value" and what the call returns, or the name of the exception's class and its text."""
    try:
        return "value", call(*arguments, **keywords)
    except BaseException as error:  # noqa: BLE001 (it is compared)
        return type(error).__qualname__, NUMBERED.sub("", str(error)).replace("Xray", "")


def tracebacks(call: Callable[..., object], *arguments: object, file: str) -> list[str]:
    """Return the tracebacks of the exception that a call raises, and of its causes, each from this file on."""
    try:
        call(*arguments)
    except BaseException as error:  # noqa: BLE001 (it is compared)
        text = "".join(traceback.format_exception(error))
        return [part[part.index(file) :] for part in text.split("The above exception") if file in part]
    raise AssertionError("nothing was raised")
