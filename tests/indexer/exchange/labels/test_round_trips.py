"""Labels out of a collection and into one with the same images, through every format: real catalogue, real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facies.core.errors import ConfigurationError, QueryError, StaleLabelError
from facies.core.filters import Equals
from facies.core.images import content_hash, image_id
from facies.core.records import Fingerprint, ImageRecord, Label, LabelBatch, VectorRecord
from facies.core.settings import Settings
from facies.core.store import Point
from facies.core.wire_label_files import LabelImportOut
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.collections import payload_of, schema_of
from facies.indexer.exchange.labels.collecting import collect_rows
from facies.indexer.exchange.labels.exporting import export_labels
from facies.indexer.exchange.labels.importing import import_labels
from facies.indexer.exchange.labels.label_row import LabelRow
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.maintenance import delete_collection

from .conftest import lines, texts

PRINT = Fingerprint("card", "1" * 64, "squash", "one view", "numpy", "f32")
IMAGES = 6
FORMATS = ("csv", "parquet", "coco", "ecotaxa", "darwin-core")
SUFFIX = {"csv": ".csv", "parquet": ".parquet", "coco": ".json", "ecotaxa": ".zip", "darwin-core": ".zip"}


def make(workspace: Workspace, name: str, images: int = IMAGES) -> list[str]:
    """A collection of images without labels, two of them pages of one file; gives their ids."""
    record = workspace.catalog.create_collection(name, "microfossils", [VectorRecord("a", 3, PRINT)])
    metadata: list[dict[str, Any]] = [{"well": 'W"1,\n', "depth_m": 1200.5}, {}, {"depth_m": 1300.0}]
    records = []
    for number in range(images):
        page = number if number < 2 else None
        sha256 = content_hash(b"pages" if number < 2 else str(number).encode())
        records.append(
            ImageRecord(
                id=image_id(sha256, page),
                sha256=sha256,
                page=page,
                uri=f"/in/{'pages.tif' if number < 2 else f'{number}.png'}",
                width=10,
                height=20,
                format="PNG",
                scaling="uint8",
                metadata=metadata[number % 3],
            )
        )
    workspace.catalog.add_images(name, records, actor="test")
    workspace.store.ensure(name, schema_of(record, workspace.catalog.metadata_fields(name)))
    vector = np.array([1, 0, 0], np.float32)
    workspace.store.upsert(name, [Point(one.id, {"a": vector}, payload_of(one)) for one in records])
    return [one.id for one in records]


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


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path_factory.mktemp("data"))) as workspace:
        yield workspace


numbers = iter(range(10**6))


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


# --- what an import does not do ---


@pytest.fixture
def labelled(shared: Workspace) -> tuple[str, list[str]]:
    """Validated, dubious, rejected and predicted labels, and two images without any."""
    name = f"c{next(numbers)}"
    ids = make(shared, name)
    said = {ids[0]: Label("a", "validated"), ids[1]: Label("a", "dubious"), ids[2]: Label("a", "rejected")}
    give_labels(shared, name, said, LabelBatch("person", "Ann"))
    give_labels(shared, name, {ids[3]: Label("a", "predicted", 0.9)}, LabelBatch("votes", "auto"))
    return name, ids


def bring(shared: Workspace, name: str, tmp_path: Path, text: str, **options: Any) -> LabelImportOut:
    (tmp_path / "l.csv").write_text(text)
    return import_labels(shared, name, tmp_path / "l.csv", actor="Ben", **options)


def said_of(workspace: Workspace, name: str, ids: list[str]) -> list[tuple[str | None, str | None]]:
    found = workspace.catalog.images(name, ids)
    return [(found[one].label, found[one].state) for one in ids]


BEFORE = [("a", "validated"), ("a", "dubious"), ("a", "rejected"), ("a", "predicted"), (None, None), (None, None)]


def test_what_a_person_said_stays_unless_it_is_to_be_replaced(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, ids = labelled
    text = "image_id,label,state\n" + "".join(f"{one},b,validated\n" for one in ids[:5])
    report = bring(shared, name, tmp_path, text, apply=True)
    assert (report.labels, report.predictions, report.replaced, report.conflict_count) == (2, 1, 0, 3)
    assert [one.line for one in report.conflicts] == [2, 3, 4]
    assert "'a' (validated) here and 'b' (validated) in the file" in report.conflicts[0].reason
    assert said_of(shared, name, ids) == [*BEFORE[:3], ("b", "validated"), ("b", "validated"), (None, None)]

    report = bring(shared, name, tmp_path, text, apply=True, replace=True)
    assert (report.labels, report.replaced, report.conflict_count, report.unchanged) == (3, 3, 0, 2)
    assert said_of(shared, name, ids[:5]) == [("b", "validated")] * 5


def test_a_prediction_never_takes_the_place_of_what_a_person_said(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, ids = labelled
    text = "image_id,label,state\n" + "".join(f"{one},b,predicted\n" for one in ids[:5])
    report = bring(shared, name, tmp_path, text, apply=True, replace=True)
    assert (report.labels, report.conflict_count) == (3, 2)
    assert "never takes its place" in report.conflicts[0].reason
    assert said_of(shared, name, ids[:5]) == [*BEFORE[:2], *[("b", "predicted")] * 3]


def test_rows_without_an_image_and_rows_at_odds_are_told_and_the_rest_is_given(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, ids = labelled
    text = (
        "file,label,page,sha256,note\n"
        "pages.tif,x,,,\n"
        "none.png,x,,,\n"
        "/elsewhere/4.png,x,,,\n"
        f",x,7,{content_hash(b'pages')},\n"
        f",x,,{content_hash(b'pages')},\n"
        f",x,,{'0' * 64},\n"
        ",x,,,\n"
        "5.png,x,,,\n"
        "5.png,y,,,\n"
        f"4.png,{'x' * 300},,,\n"
        "4.png,x,,,\n"
    )
    report = bring(shared, name, tmp_path, text, apply=True)
    assert [one.line for one in report.problems] == [2, 3, 5, 6, 7, 8, 11]
    reasons = "\n".join(one.reason for one in report.problems)
    for part in (
        "2 images of files named 'pages.tif'",
        "no image with file name none.png",
        "has no page 7",
        "holds 2 images",
        "no image with sha256 000",
        "nothing that tells it",
        "has 300 characters",
    ):
        assert part in reasons
    assert [(one.line, one.image) for one in report.conflicts] == [(9, ids[5]), (10, ids[5])]
    assert "lines 9, 10 say different things" in report.conflicts[0].reason
    assert (report.labels, report.unchanged, report.matched) == (1, 1, {"name": 5})
    assert "1 labels came without a state and count as validated" in report.notes
    assert said_of(shared, name, ids) == [*BEFORE[:4], ("x", "validated"), (None, None)]


def test_content_of_another_image_is_told(shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path) -> None:
    name, ids = labelled
    report = bring(shared, name, tmp_path, f"image_id,sha256,label\n{ids[4]},{'0' * 64},x\n", apply=True)
    assert report.problem_count == 1
    assert "another content here" in report.problems[0].reason


def test_names_alike_are_told_apart_by_their_folders(shared: Workspace, tmp_path: Path) -> None:
    name = f"c{next(numbers)}"
    shared.catalog.create_collection(name, "generic", [VectorRecord("a", 3, PRINT)])
    records = [
        ImageRecord(image_id(sha), sha, None, f"/in/{folder}/0.png", 1, 1, "PNG", "uint8")
        for folder in ("a", "b")
        for sha in [content_hash(folder.encode())]
    ]
    shared.catalog.add_images(name, records, actor="t")
    shared.store.ensure(name, schema_of(shared.catalog.collection(name), {}))
    shared.store.upsert(name, [Point(one.id, {"a": np.array([1, 0, 0], np.float32)}, {}) for one in records])
    report = bring(shared, name, tmp_path, "file,label\nb/0.png,x\n0.png,y\n", apply=True)
    assert (report.labels, report.problem_count) == (1, 1)
    assert said_of(shared, name, [one.id for one in records]) == [(None, None), ("x", "validated")]


# --- what an export does not do ---


def test_an_export_of_some(shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path) -> None:
    name, ids = labelled
    report = export_labels(shared, name, tmp_path / "s.csv", "csv", states=["validated", "predicted"])
    assert (report.rows, report.labelled) == (2, 2)
    report = export_labels(shared, name, tmp_path / "w.json", "coco", where=Equals("depth_m", 1300.0))
    assert report.rows == 2
    assert sorted(ids[at] for at in (2, 5)) == [
        row.image_id for row in collect_rows(shared, name, where=Equals("depth_m", 1300.0))
    ]


@pytest.mark.parametrize(
    ("file", "name", "options", "error", "reason"),
    [
        ("l.txt", "csv", {}, ConfigurationError, r"must end in \.csv"),
        ("l.csv", "xml", {}, QueryError, "no format 'xml'"),
        ("l.csv", "csv", {"states": ["sure"]}, QueryError, "'sure' is no state"),
        ("l.csv", "csv", {"depth": "deep"}, QueryError, "no field 'deep'; it has depth_m, well"),
        ("l.csv", "csv", {"depth": "well"}, QueryError, "holds text"),
        ("l.csv", "csv", {"pictures": True}, QueryError, "no room for the images"),
        ("l.csv", "csv", {"link": "hard"}, QueryError, "links are for image-folder"),
        ("l.tsv", "ecotaxa", {"pictures": True}, QueryError, "a table alone"),
        ("none/l.csv", "csv", {}, ConfigurationError, "there is no folder"),
        ("none/folder", "image-folder", {}, ConfigurationError, "there is no folder"),
    ],
)
def test_what_makes_no_sense_is_said_and_nothing_written(
    *, shared: Workspace, tmp_path: Path, file: str, name: str, options: Any, error: type[Exception], reason: str
) -> None:
    make(shared, collection := f"c{next(numbers)}")
    with pytest.raises(error, match=reason):
        export_labels(shared, collection, tmp_path / file, name, **options)
    assert list(tmp_path.iterdir()) == []


def test_an_export_never_overwrites_and_leaves_nothing_half_written(
    shared: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(shared, name := f"c{next(numbers)}")
    (tmp_path / "l.csv").write_text("mine")
    (tmp_path / "folder").mkdir()
    for target, kind in (("l.csv", "csv"), ("folder", "image-folder")):
        with pytest.raises(ConfigurationError, match="exists already"):
            export_labels(shared, name, tmp_path / target, kind)

    def stop(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("facies.indexer.exchange.labels.collecting.row_of", stop)
    for target, kind in (("m.csv", "csv"), ("m.zip", "darwin-core"), ("e.zip", "ecotaxa"), ("f", "image-folder")):
        with pytest.raises(KeyboardInterrupt):
            export_labels(shared, name, tmp_path / target, kind)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "l.csv"]
    assert (tmp_path / "l.csv").read_text() == "mine"


def test_moments_of_ecotaxa_are_cut_not_rounded(shared: Workspace, tmp_path: Path) -> None:
    ids = make(shared, name := f"c{next(numbers)}")
    made = give_labels(shared, name, {ids[0]: Label("a", "validated")}, LabelBatch("person", "Ann"))
    export_labels(shared, name, tmp_path / "e.zip", "ecotaxa")
    make(shared, other := f"c{next(numbers)}")
    import_labels(shared, other, tmp_path / "e.zip", actor="Ben", apply=True)
    (row,) = [row for row in rows_of(shared, other) if row.label]
    assert row.created_at is not None
    assert timedelta(0) <= made.created_at - row.created_at < timedelta(seconds=1)


def test_nothing_is_given_where_somebody_else_was_faster(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, ids = labelled
    before = shared.catalog.label_batches(name)

    def meanwhile(rows: Any) -> dict[str, Any]:
        give_labels(shared, name, {ids[4]: Label("c", "validated")}, LabelBatch("person", "Zoe"))
        return {}

    monkeypatch.setattr("facies.indexer.exchange.labels.importing.pack_origins", meanwhile)
    with pytest.raises(StaleLabelError, match=ids[4]):
        bring(shared, name, tmp_path, f"image_id,label\n{ids[4]},b\n{ids[5]},b\n", apply=True)
    assert len(shared.catalog.label_batches(name)) == len(before) + 1
    assert said_of(shared, name, ids[4:]) == [("c", "validated"), (None, None)]


def test_a_report_lists_the_first_thousand_and_counts_all(
    shared: Workspace, labelled: tuple[str, list[str]], tmp_path: Path
) -> None:
    name, _ = labelled
    report = bring(shared, name, tmp_path, "file,label\n" + "none.png,x\n" * 1200)
    assert (report.rows, report.problem_count, len(report.problems)) == (1200, 1200, 1000)
