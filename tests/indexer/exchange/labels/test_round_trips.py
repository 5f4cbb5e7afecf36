"""Labels out of a collection and into one with the same images, through every format: real catalogue, real store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facies.core.images import content_hash, image_id
from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.collections import payload_of
from facies.indexer.exchange.labels.collecting import collect_rows
from facies.indexer.exchange.labels.exporting import export_labels
from facies.indexer.exchange.labels.importing import import_labels
from facies.indexer.exchange.labels.label_row import LabelRow
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.maintenance import delete_collection

from .conftest import lines, texts
from .pages import IMAGES, make, numbers

FORMATS = ("csv", "parquet", "coco", "ecotaxa", "darwin-core")
SUFFIX = {"csv": ".csv", "parquet": ".parquet", "coco": ".json", "ecotaxa": ".zip", "darwin-core": ".zip"}


remarks = texts.filter(lambda text: text.strip() != "" and "\0" not in text)
names = lines.filter(lambda text: text.strip() != "")


@st.composite
def labels(draw: st.DrawFn) -> Label:
    return Label(
        label=draw(names),
        state=draw(st.sampled_from(["predicted", "validated", "dubious", "rejected"])),
        confidence=draw(st.none() | st.floats(0, 1)),
        novelty=draw(st.none() | st.floats(-10, 10)),
        neighbours=tuple(image_id(content_hash(bytes([n]))) for n in draw(st.lists(st.integers(0, 9), max_size=3))),
        note=draw(st.none() | remarks),
    )


provenances = st.fixed_dictionaries(
    {}, optional={"model": names, "k": st.integers(1, 99), "threshold": st.floats(0, 1)}
)
actors = st.sampled_from(["Zoë Ann", "ann@example.org", "x,y"])
batches = st.lists(
    st.tuples(
        st.builds(LabelBatch, st.sampled_from(["person", "votes"]), actors, st.booleans(), provenances),
        st.dictionaries(st.integers(0, IMAGES - 1), labels(), min_size=1),
    ),
    max_size=4,
)


def rows_of(workspace: Workspace, name: str) -> list[LabelRow]:
    return list(collect_rows(workspace, name))


def carried(row: LabelRow, name: str) -> LabelRow:
    """What comes in again; only EcoTaxa loses something, the fractions of a second."""
    if name == "ecotaxa" and row.created_at is not None:
        return replace(row, created_at=row.created_at.replace(microsecond=0))
    return row


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_=batches)
def test_labels_states_notes_who_and_when_come_back(
    name: str, given_: list[tuple[LabelBatch, dict[int, Label]]], shared: Workspace, tmp_path: Path
) -> None:
    number = next(numbers)
    first, second = f"c{number}", f"d{number}"
    try:
        check_round_trip(shared, name, given_, (first, second), tmp_path / f"{number}{SUFFIX[name]}")
    finally:  # a search for the smallest example that fails makes hundreds of collections
        for made in set(shared.store.collections()) & {first, second}:
            delete_collection(shared, made)


def check_round_trip(
    shared: Workspace,
    name: str,
    given_: list[tuple[LabelBatch, dict[int, Label]]],
    collections: tuple[str, str],
    file: Path,
) -> None:
    first, second = collections
    ids = make(shared, first)
    for batch, said in given_:
        give_labels(shared, first, {ids[at]: label for at, label in said.items()}, batch)
    exported = export_labels(shared, first, file, name)
    before = rows_of(shared, first)
    assert exported.rows == IMAGES
    assert exported.labelled == sum(row.label is not None for row in before)

    make(shared, second)
    preview = import_labels(shared, second, file, actor="importer", verified=True)
    assert (preview.applied, preview.batch) == (False, None)
    assert all(row.label is None for row in rows_of(shared, second))
    report = import_labels(shared, second, file, actor="importer", verified=True, apply=True)
    assert (report.labels, report.conflicts, report.problems) == (exported.labelled, [], [])
    assert rows_of(shared, second) == [carried(row, name) for row in before]
    points = {point.id: point.payload for point in shared.store.scroll(second)}
    assert points == {row.id: payload_of(row) for row in shared.catalog.iter_images(second)}

    again = import_labels(shared, second, file, actor="importer", apply=True)
    assert (again.labels, again.unchanged, again.batch) == (0, exported.labelled, None)
    if report.batch is not None:
        undo_labels(shared, second, report.batch, LabelBatch("undo", "importer"))
        assert all(row.label is None for row in rows_of(shared, second))


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_went_through_two_collections_still_says_who(name: str, shared: Workspace, tmp_path: Path) -> None:
    number = next(numbers)
    ids = make(shared, f"c{number}")
    give_labels(shared, f"c{number}", {ids[0]: Label("a", "validated", note="n")}, LabelBatch("person", "Ann", True))
    give_labels(
        shared, f"c{number}", {ids[3]: Label("b", "predicted", 0.75)}, LabelBatch("votes", "auto", False, {"k": 15})
    )
    rows = [carried(row, name) for row in rows_of(shared, f"c{number}")]
    for step, verified in enumerate((True, True, False)):
        export_labels(shared, f"c{number}{'x' * step}", file := tmp_path / f"{step}{SUFFIX[name]}", name)
        make(shared, f"c{number}{'x' * (step + 1)}")
        import_labels(shared, f"c{number}{'x' * (step + 1)}", file, actor="Ben", verified=verified, apply=True)
    # Whoever brought it last had not proved to be Ben, so nobody vouches for Ann.
    expected = [replace(row, verified=False) if row.actor == "Ann" else row for row in rows]
    assert rows_of(shared, f"c{number}xxx") == expected


def test_the_batch_says_where_it_comes_from(shared: Workspace, tmp_path: Path) -> None:
    name = f"c{next(numbers)}"
    ids = make(shared, name)
    give_labels(shared, name, {ids[0]: Label("a", "validated")}, LabelBatch("person", "Ann"))
    export_labels(shared, name, tmp_path / "l.csv", "csv")
    make(shared, other := f"c{next(numbers)}")
    report = import_labels(shared, other, tmp_path / "l.csv", actor="Ben", apply=True, called="from Ann.csv")
    batch = shared.catalog.label_batch(other, report.batch or 0)
    assert (batch.source, batch.actor, batch.images) == ("import", "Ben", 1)
    assert batch.provenance["file"] == "from Ann.csv"
    assert batch.provenance["sha256"] == content_hash((tmp_path / "l.csv").read_bytes())
    assert [origin["actor"] for origin in batch.provenance["origins"]] == ["Ann"]


def test_moments_of_ecotaxa_are_cut_not_rounded(shared: Workspace, tmp_path: Path) -> None:
    ids = make(shared, name := f"c{next(numbers)}")
    made = give_labels(shared, name, {ids[0]: Label("a", "validated")}, LabelBatch("person", "Ann"))
    export_labels(shared, name, tmp_path / "e.zip", "ecotaxa")
    make(shared, other := f"c{next(numbers)}")
    import_labels(shared, other, tmp_path / "e.zip", actor="Ben", apply=True)
    (row,) = [row for row in rows_of(shared, other) if row.label]
    assert row.created_at is not None
    assert timedelta(0) <= made.created_at - row.created_at < timedelta(seconds=1)
