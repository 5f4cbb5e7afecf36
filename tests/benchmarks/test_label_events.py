from __future__ import annotations

from pathlib import Path

from benchmarks.label_events import NAME, measure
from facies.core.catalog import open_catalog


def test_every_step_is_measured_and_what_was_undone_is_back(tmp_path: Path) -> None:
    catalog = open_catalog(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    figures = measure(catalog, 2000)
    assert [name.split(",")[0] for name, _ in figures] == [
        "a batch of 2",
        "undoing it",
        "bringing it back",
        "one label among them",
    ]
    assert all(seconds > 0 for _, seconds in figures)
    counts = catalog.label_counts(NAME)
    catalog.close()
    assert counts == {"azolla": 1600, "spore": 200, "nereis": 200}
