"""Stages on a terminal, and Ctrl-C between them."""

from __future__ import annotations

import io
import threading
from contextlib import nullcontext

import pytest
from rich.console import Console

from facies.indexer.segmentation.stage_bar import StageBar, stoppable_stages


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, force_terminal=terminal, width=100), written


def test_a_terminal_sees_the_stage_and_a_file_sees_nothing() -> None:
    for terminal in (True, False):
        said, written = console(terminal=terminal)
        with StageBar(said) as bar:
            bar("computing maps", 0, 2)
            bar("fitting", 1, 2)
        assert ("fitting" in written.getvalue()) is terminal


def test_ctrl_c_breaks_off_at_the_next_stage_and_says_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    said, written = console(terminal=False)
    told: list[int] = []
    stop = threading.Event()
    # What Ctrl-C sets, see tests/indexer/test_interrupts.py; the process of the tests is not signalled.
    monkeypatch.setattr("facies.indexer.segmentation.stage_bar.stop_on_interrupt", lambda _: nullcontext(stop))

    def work() -> None:
        with stoppable_stages(said, "two boxes are kept") as tell:
            for number in range(5):
                if number == 2:
                    stop.set()
                tell("naming", number, 5)
                told.append(number)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert told == [0, 1]
    assert "two boxes are kept" in written.getvalue()


def test_without_ctrl_c_all_is_told_and_nothing_said() -> None:
    said, written = console(terminal=False)
    with stoppable_stages(said, "kept") as tell:
        for number in range(3):
            tell("naming", number, 3)
    assert written.getvalue() == ""
