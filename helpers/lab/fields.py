"""The kinds of controls that labs have: number fields that refuse what is none, sliders, dropdowns, buttons, folds."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as widgets
import traitlets

from helpers.machine import usable_cpus

LONGEST_ANSWER = 30
"""More characters of what was typed are not repeated in a refusal."""


class Refused(ValueError):
    """What a control holds cannot be used; the text is one sentence for the user."""


class Field(widgets.Text):
    """A text field that turns red as long as what was typed cannot be used; `read` raises Refused for it."""

    value = traitlets.CUnicode().tag(sync=True)  # so that a cell can set a number

    def __init__(self, value: str, name: str, width: int, **more: Any) -> None:
        self.name = name
        super().__init__(value, continuous_update=False, **(labelled(name, width) | more))
        self.observe(self._mark, "value")

    def read(self) -> float | None:
        """Return what was typed. Raises Refused if it cannot be used."""
        raise NotImplementedError

    def _mark(self, _change: object = None) -> None:
        try:
            self.read()
            self.remove_class("refused")
        except Refused:
            self.add_class("refused")


class SecondsField(Field):
    """A field for a number of seconds, which may be empty."""

    def __init__(self, name: str, most: float, width: int) -> None:
        self.most = most
        super().__init__("", name, width, placeholder="seconds")

    def read(self) -> float | None:
        """Return the seconds, None if nothing was typed. Raises Refused for what is no time up to `most`."""
        text = self.value.strip()
        if not text:
            return None
        if re.fullmatch(r"([0-9]{1,9}\.?[0-9]{0,9}|\.[0-9]{1,9})", text) and 1e-6 <= float(text) <= self.most:
            return float(text)
        raise Refused(f"{self.name}: a number of seconds above 0, such as 1.5, please, not {quoted(text)}.")


class NumberField(Field):
    """A field for a whole number between two bounds, which may have its thousands apart: 1,000,000.

    A widget for numbers reads 1e6 as 1 and 3.7 as 3, and says nothing. This one keeps what was typed.
    """

    def __init__(self, value: int, name: str, most: int, width: int) -> None:
        super().__init__(str(value), name, width)
        self.bound(most)

    @property
    def bounds(self) -> str:
        """What the field takes, in words."""
        return f"a whole number from 1 to {self.most:,}"

    def read(self) -> int:
        """Return the number. Raises Refused if there is none, or if it is out of bounds."""
        text = self.value.strip()
        digits = re.sub(r"(?<=[0-9])[,_ ](?=[0-9]{3}(?![0-9]))", "", text)
        if re.fullmatch(r"[0-9]{1,20}", digits) and 1 <= int(digits) <= self.most:
            return int(digits)
        raise Refused(f"{self.name}: {self.bounds}, please, not {quoted(text)}.")

    def bound(self, most: int) -> None:
        """Set the largest number that is allowed."""
        self.most = most
        self.tooltip = self.bounds
        self._mark()


def quoted(text: str) -> str:
    """Return what was typed, in quotation marks, shortened if it is long; "nothing" if it is empty."""
    short = text if len(text) <= LONGEST_ANSWER else f"{text[:LONGEST_ANSWER]}..."
    return repr(short) if text else "nothing"


def labelled(label: str, width: int) -> dict[str, Any]:
    """Return the options of a control that is `width` pixels wide, of which its label takes what it needs."""
    return {"description": label, "layout": {"width": f"{width}px"}, "style": {"description_width": "initial"}}


def dropdown(label: str, options: Any, width: int) -> widgets.Dropdown:
    """Return a list to choose from."""
    return widgets.Dropdown(options=options, **labelled(label, width))


def slider(label: str, options: Sequence[Any], value: Any, width: int, live: bool = False) -> widgets.SelectionSlider:
    """Return a slider over these values, which cannot be typed. live: whether it tells while it is dragged."""
    more = labelled(label, width)
    return widgets.SelectionSlider(options=options, value=value, continuous_update=live, **more)


def processes_slider(most: int, live: bool = False) -> widgets.SelectionSlider:
    """Return a slider from 1 to `most` processes, which stands at the usable CPUs."""
    made = slider("Processes", range(1, most + 1), usable_cpus(), 190, live)
    made.layout = {"flex": "1 1 190px", "width": "auto", "max_width": "300px"}
    made.add_class("pool-lab-processes")
    return made


def checkbox(label: str, tooltip: str = "") -> widgets.Checkbox:
    """Return a box that is not ticked."""
    return widgets.Checkbox(False, description=label, indent=False, tooltip=tooltip, layout={"width": "auto"})


def button(label: str, on_click: Callable[[], None], tooltip: str, style: str = "") -> widgets.Button:
    """Return a button. style: "primary" or "danger"."""
    made = widgets.Button(description=label, tooltip=tooltip, button_style=style, layout={"width": "auto"})
    made.on_click(lambda _button: on_click())
    return made


def fold(label: str, tooltip: str, *folded: widgets.Widget) -> widgets.ToggleButton:
    """Return a button that shows and hides these widgets, which begin hidden."""
    made = widgets.ToggleButton(value=False, description=label, tooltip=tooltip, layout={"width": "auto"})
    made.add_class("pool-lab-fold")

    def show(_change: object = None) -> None:
        for widget in folded:
            widget.layout.display = None if made.value else "none"

    made.observe(show, "value")
    show()
    return made
