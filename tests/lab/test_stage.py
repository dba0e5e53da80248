"""The stage: pictures to one scale, bars within their track, and no picture that is too large."""

import re
import threading
from xml.etree import ElementTree

import pytest

from helpers.lab.kernel import _handle, on_interrupt
from helpers.lab.plan import Plan
from helpers.lab.result import Result
from helpers.lab.stage import Stage, stacked, where_html
from helpers.model import Costs, Leg
from helpers.model.simulator import MOST_PROCESSES, simulate
from helpers.timing import Timing

FREE = Costs(1e-3, 1e-3, *[Leg(1e-4)] * 4)
RUN = simulate([1.0, 3.0], processes=2, cpus=2, chunksize=1, costs=FREE, warm=True)


def test_the_bar_of_where_the_time_went_fills_its_track_and_not_more():
    shares = [float(share) for share in re.findall(r"width: ([\d.]+)%", where_html(RUN))]
    assert sum(shares) == pytest.approx(100, abs=0.5)
    assert "computing 6" in where_html(RUN)


def test_stacked_pictures_keep_their_scale_and_do_not_overlap():
    stage = Stage()
    picture = ElementTree.fromstring(stacked({"one & two": stage.svg(RUN), "three": stage.svg(RUN, 10.0)}))
    inner = [child for child in picture if child.tag.endswith("svg")]
    tops = [float(svg.get("y")) for svg in inner]
    heights = [float(svg.get("height")) for svg in inner]
    assert {svg.get("width") for svg in inner} == {picture.get("width")}
    assert tops[1] >= tops[0] + heights[0]
    assert float(picture.get("viewBox").split()[3]) >= tops[1] + heights[1]


@pytest.mark.parametrize("tasks", [8, 10_000])
def test_the_largest_pool_that_can_be_simulated_is_a_small_picture(tasks, monkeypatch):
    run = simulate([0.01] * tasks, processes=MOST_PROCESSES, cpus=64, chunksize=1, costs=FREE)
    monkeypatch.setattr(Result, "interval", lambda result, run: (1.0, 2.0))
    monkeypatch.setattr(Result, "speedup_of", lambda result, run: 3.0)
    result = Result(Plan(), Timing("p", (1.0,), (0.0,)), RUN, Timing("s", (1.0,), (1.0,)))
    stage = Stage()
    stage.show_what_if(result, "measured", run, "what if", "simulated")
    assert len(stage.picture.value) < 300_000
    stage.show_simulated(run, 1.0, "expected", "simulated")
    assert len(stage.picture.value) < 300_000


def test_the_interrupt_of_the_kernel_reaches_what_listens_and_lives():
    class Listener:
        def __init__(self):
            self.heard = threading.Event()

        def stop(self):
            self.heard.set()

    listener, gone = Listener(), Listener()
    on_interrupt(listener.stop)
    on_interrupt(gone.stop)
    del gone
    _handle(2, None)
    assert listener.heard.wait(10)
