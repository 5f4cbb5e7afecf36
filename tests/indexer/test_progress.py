from __future__ import annotations

import io

from rich.console import Console

from facies.indexer.ledger import Ledger, Outcome
from facies.indexer.progress import ProgressBar, ProgressUpdate, tell


def test_rate_and_time_left() -> None:
    update = ProgressUpdate(done=10, total=40, images=20, elapsed_s=5.0)
    assert (update.images_per_s, update.seconds_left) == (4.0, 15.0)
    assert ProgressUpdate(0, 40, 0, 0.0).images_per_s is None
    assert ProgressUpdate(0, 40, 0, 1.0).seconds_left is None
    assert ProgressUpdate(3, None, 3, 1.0).seconds_left is None
    assert ProgressUpdate(50, 40, 50, 1.0).seconds_left == 0


def test_the_bar_shows_on_a_terminal_alone() -> None:
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
        with ProgressBar(console, "indexing") as bar:
            bar(ProgressUpdate(10, 40, 20, 5.0))
        shown = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
        assert ("10/40" in shown and "4.0 images/s" in shown) is terminal


def test_tell() -> None:
    updates: list[ProgressUpdate] = []
    ledger = Ledger("c", "m")
    ledger.note(Outcome("a", "indexed", ("1", "2")))
    tell(updates.append, ledger, 9)
    tell(None, ledger, 9)
    assert (updates[0].done, updates[0].total, updates[0].images) == (1, 9, 2)
