"""The catalogue as its callers see it."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import (
    CatalogError,
    CollectionExistsError,
    CollectionNotFoundError,
    ImageNotFoundError,
    QueryError,
)
from facies.core.records import RESERVED_FIELDS, Fingerprint, ImageRecord, Label, LabelBatch, LabelState, VectorRecord

MakeRecord = Callable[..., ImageRecord]
NAME = "microfossils"


def events_of(catalog: Catalog, image_id: str) -> list[tuple[str, str, str, str]]:
    history = catalog.label_history(NAME, image_id) if catalog.known(NAME, [image_id]) else []
    return [(event.label.label, event.label.state, event.batch.source, event.batch.actor) for event in history]


def append_event(catalog: Catalog, image_id: str, label: str) -> None:
    catalog.label_images(NAME, {image_id: Label(label, "validated")}, LabelBatch("person", "ann"))


class TestCollections:
    def test_what_is_created_is_read_back_whole(self, catalog: Catalog, vector: VectorRecord) -> None:
        second = replace(vector, name="scampi", dim=384)
        made = catalog.create_collection("figures", "figures", [second, vector])

        assert catalog.collection("figures") == made
        assert made.vectors == (second, vector)
        assert made.default_vector == second
        assert [c.name for c in catalog.collections()] == ["figures", NAME]

    def test_created_at_is_now_in_utc_also_after_reopening(self, catalog: Catalog, any_url: str) -> None:
        again = open_catalog(any_url)
        created_at = again.collection(NAME).created_at
        again.close()
        assert created_at.utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - created_at) < timedelta(minutes=5)

    def test_a_taken_name_is_refused(self, catalog: Catalog, vector: VectorRecord) -> None:
        with pytest.raises(CollectionExistsError, match=NAME):
            catalog.create_collection(NAME, "generic", [vector])
        assert catalog.collection(NAME).preset == "microfossils"

    @pytest.mark.parametrize("copies", [0, 2])
    def test_vectors_are_at_least_one_and_named_apart(
        self, catalog: Catalog, vector: VectorRecord, copies: int
    ) -> None:
        with pytest.raises(CatalogError, match="at least one vector"):
            catalog.create_collection("other", "generic", [vector] * copies)
        assert [c.name for c in catalog.collections()] == [NAME]

    def test_an_unknown_collection_is_named_with_those_that_exist(self, catalog: Catalog) -> None:
        calls: list[Callable[[], object]] = [
            lambda: catalog.collection("nope"),
            lambda: catalog.delete_collection("nope"),
            lambda: catalog.add_images("nope", [], actor="test"),
            lambda: catalog.image("nope", "id"),
            lambda: catalog.images("nope", []),
            lambda: catalog.images_of("nope", []),
            lambda: catalog.content_hashes("nope"),
            lambda: catalog.list_images("nope"),
            lambda: list(catalog.iter_images("nope")),
            lambda: catalog.count("nope"),
            lambda: catalog.label_counts("nope"),
            lambda: catalog.metadata_fields("nope"),
            lambda: catalog.set_uri("nope", "0" * 64, "/x"),
            lambda: catalog.delete_images("nope", []),
        ]
        for call in calls:
            with pytest.raises(CollectionNotFoundError, match=NAME):
                call()

    def test_deleting_takes_everything_of_this_collection_and_nothing_else(
        self, catalog: Catalog, vector: VectorRecord, make_record: MakeRecord
    ) -> None:
        catalog.create_collection("other", "generic", [vector])
        record = make_record(1, label="spiniferites", metadata={"well": "6407/6-5"})
        for name in (NAME, "other"):
            catalog.add_images(name, [record], actor="test")

        catalog.delete_collection(NAME)

        assert [c.name for c in catalog.collections()] == ["other"]
        assert catalog.label_counts("other") == {"spiniferites": 1}
        assert len(catalog.label_history("other", record.id)) == 1
        catalog.create_collection(NAME, "generic", [vector])
        assert (catalog.count(NAME), catalog.metadata_fields(NAME)) == (0, {})
        catalog.add_images(NAME, [replace(record, label=None)], actor="test")
        assert catalog.image(NAME, record.id).label is None


class TestImages:
    def test_a_record_is_read_back_as_it_was(self, catalog: Catalog, make_record: MakeRecord) -> None:
        record = make_record(
            1, label="azolla", state="validated", page=3, metadata={"well": "Åre «6»", "depth_m": 1200.5, "slide": 7}
        )
        catalog.add_images(NAME, [record], actor="test")
        assert catalog.image(NAME, record.id) == record
        assert type(catalog.image(NAME, record.id).metadata["slide"]) is int

    def test_an_unknown_image_is_named(self, catalog: Catalog) -> None:
        with pytest.raises(ImageNotFoundError, match=r"microfossils.*nope"):
            catalog.image(NAME, "nope")

    def test_rows_that_exist_stay(self, catalog: Catalog, make_record: MakeRecord) -> None:
        record = make_record(1, metadata={"well": "A"})
        catalog.add_images(NAME, [record], actor="test")
        catalog.add_images(NAME, [replace(record, uri="/elsewhere", metadata={"depth_m": 5})], actor="test")
        assert catalog.image(NAME, record.id) == record
        assert catalog.metadata_fields(NAME) == {"well": "keyword"}

    def test_of_one_id_twice_in_a_call_the_first_counts(self, catalog: Catalog, make_record: MakeRecord) -> None:
        first, second = make_record(1, label="a"), make_record(1, label="b")
        catalog.add_images(NAME, [first, second], actor="test")
        assert catalog.label_counts(NAME) == {"a": 1}
        assert [e[0] for e in events_of(catalog, first.id)] == ["a"]

    def test_adding_is_all_or_nothing(self, catalog: Catalog, make_record: MakeRecord) -> None:
        good = [make_record(i, label="x", metadata={"well": "A"}) for i in range(1200)]
        with pytest.raises(CatalogError, match="finite"):
            catalog.add_images(NAME, [*good, make_record(1200, metadata={"depth_m": float("nan")})], actor="test")
        assert (catalog.count(NAME), catalog.label_counts(NAME), catalog.metadata_fields(NAME)) == (0, {}, {})
        assert events_of(catalog, good[0].id) == []

    def test_images_come_in_the_order_asked_for(self, catalog: Catalog, make_record: MakeRecord) -> None:
        records = [make_record(i) for i in range(1300)]
        catalog.add_images(NAME, records, actor="test")
        ids = [r.id for r in reversed(records)]
        assert list(catalog.images(NAME, [*ids, "unknown"])) == ids

    def test_pages_of_one_file_are_found_by_content_in_order(self, catalog: Catalog, make_record: MakeRecord) -> None:
        pages = [make_record(1, page=page) for page in (10, 2, 0)]
        catalog.add_images(NAME, [*pages, make_record(2)], actor="test")
        found = catalog.images_of(NAME, [pages[0].sha256, "0" * 64, pages[0].sha256])
        assert {sha: [r.page for r in records] for sha, records in found.items()} == {pages[0].sha256: [0, 2, 10]}
        assert sorted(catalog.content_hashes(NAME)) == sorted({pages[0].sha256, make_record(2).sha256})
        assert [catalog.has_content(NAME, one) for one in (pages[0].sha256, "0" * 64)] == [True, False]

    def test_images_that_were_named_before_are_told(self, catalog: Catalog, make_record: MakeRecord) -> None:
        old, new = make_record(1, label="a"), make_record(2, label="b")
        assert catalog.add_images(NAME, [old], actor="test").named_before == set()
        catalog.delete_images(NAME, [old.id])
        assert catalog.add_images(NAME, [replace(old, label="c"), new], actor="test").named_before == {old.id}

    def test_paging_covers_every_image_once_in_order_of_id(self, catalog: Catalog, make_record: MakeRecord) -> None:
        records = [make_record(i, label="even" if i % 2 == 0 else None) for i in range(25)]
        catalog.add_images(NAME, records, actor="test")
        paged = [r.id for offset in range(0, 30, 7) for r in catalog.list_images(NAME, offset=offset, limit=7)]
        assert paged == sorted(r.id for r in records)
        assert [r.id for r in catalog.iter_images(NAME, batch=5)] == paged
        assert [r.id for r in catalog.iter_images(NAME, batch=1000)] == paged
        assert {r.label for r in catalog.list_images(NAME, label="even")} == {"even"}
        assert len(catalog.list_images(NAME, label="even", offset=10)) == 3
        assert catalog.list_images(NAME, limit=0) == catalog.list_images(NAME, label="unknown") == []

    @pytest.mark.parametrize(("offset", "limit"), [(-1, 10), (0, -1), (2**63, 1), (0, 2**70)])
    def test_impossible_pages_are_refused(self, catalog: Catalog, offset: int, limit: int) -> None:
        with pytest.raises(QueryError, match="must lie between"):
            catalog.list_images(NAME, offset=offset, limit=limit)

    def test_batches_of_none_are_refused(self, catalog: Catalog) -> None:
        with pytest.raises(QueryError, match="at least 1"):
            list(catalog.iter_images(NAME, batch=0))

    def test_iterating_survives_writing_meanwhile(self, catalog: Catalog, make_record: MakeRecord) -> None:
        records = [make_record(i) for i in range(20)]
        catalog.add_images(NAME, records, actor="test")
        seen = []
        for record in catalog.iter_images(NAME, batch=4):
            catalog.delete_images(NAME, [record.id])
            seen.append(record.id)
        assert seen == sorted(r.id for r in records)
        assert catalog.count(NAME) == 0

    def test_all_pages_of_a_moved_file_follow_it(self, catalog: Catalog, make_record: MakeRecord) -> None:
        pages = [make_record(1, page=page) for page in (0, 1)]
        other = make_record(2)
        catalog.add_images(NAME, [*pages, other], actor="test")
        assert catalog.set_uri(NAME, pages[0].sha256, "s3://bucket/moved.tif") == 2
        assert catalog.set_uri(NAME, "0" * 64, "/nowhere") == 0
        assert {r.uri for r in catalog.images(NAME, [p.id for p in pages]).values()} == {"s3://bucket/moved.tif"}
        assert catalog.image(NAME, other.id) == other

    def test_deleting_counts_what_was_there(self, catalog: Catalog, make_record: MakeRecord) -> None:
        records = [make_record(i) for i in range(3)]
        catalog.add_images(NAME, records, actor="test")
        assert catalog.delete_images(NAME, [records[0].id, "unknown"]) == 1
        assert catalog.count(NAME) == 2

    @pytest.mark.parametrize("name", [*sorted(RESERVED_FIELDS), ""])
    def test_reserved_metadata_names_are_refused(self, catalog: Catalog, make_record: MakeRecord, name: str) -> None:
        with pytest.raises(CatalogError, match="no free name"):
            catalog.add_images(NAME, [make_record(1, metadata={name: 1})], actor="test")

    @pytest.mark.parametrize("value", [float("inf"), True, None, ["a"], "\udc80"])
    def test_metadata_that_json_does_not_hold_is_refused(
        self, catalog: Catalog, make_record: MakeRecord, value: object
    ) -> None:
        with pytest.raises(CatalogError, match="expected text or a finite number"):
            catalog.add_images(NAME, [make_record(1, metadata={"remark": value})], actor="test")

    def test_text_that_is_not_utf8_is_refused_everywhere(self, catalog: Catalog, make_record: MakeRecord) -> None:
        with pytest.raises(CatalogError, match="cannot hold or read"):
            catalog.add_images(NAME, [replace(make_record(1), uri="/slides/\udcff.jpg")], actor="test")
        with pytest.raises(CatalogError, match="cannot hold or read"):
            catalog.images(NAME, ["\ud800"])
        assert catalog.count(NAME) == 0

    def test_numbers_beyond_64_bits_are_refused(self, catalog: Catalog, make_record: MakeRecord) -> None:
        with pytest.raises(CatalogError, match=r"cannot hold or read|out of range"):
            catalog.add_images(NAME, [replace(make_record(1), width=2**70)], actor="test")


class TestLabels:
    def test_a_label_becomes_an_event(self, catalog: Catalog, make_record: MakeRecord) -> None:
        record = make_record(1, label="azolla")
        catalog.add_images(NAME, [record], actor="ann")
        assert events_of(catalog, record.id) == [("azolla", "validated", "import", "ann")]
        assert catalog.image(NAME, record.id).state == "validated"

    def test_state_and_source_are_kept(self, catalog: Catalog, make_record: MakeRecord) -> None:
        record = make_record(1, label="azolla", state="predicted")
        catalog.add_images(NAME, [record], source="votes", actor="knn")
        assert events_of(catalog, record.id) == [("azolla", "predicted", "votes", "knn")]

    def test_a_first_label_reaches_an_image_that_is_there(self, catalog: Catalog, make_record: MakeRecord) -> None:
        catalog.add_images(NAME, [make_record(1)], actor="test")
        catalog.add_images(NAME, [make_record(1, label="azolla")], actor="test")
        assert catalog.image(NAME, make_record(1).id).label == "azolla"
        assert catalog.list_images(NAME, label="azolla")[0].id == make_record(1).id

    def test_a_label_that_is_there_stays(self, catalog: Catalog, make_record: MakeRecord) -> None:
        catalog.add_images(NAME, [make_record(1, label="azolla")], actor="test")
        catalog.add_images(NAME, [make_record(1, label="bisaccate")], actor="test")
        assert catalog.label_counts(NAME) == {"azolla": 1}
        assert len(events_of(catalog, make_record(1).id)) == 1

    def test_a_deleted_image_added_again_has_its_latest_label_back(
        self, catalog: Catalog, make_record: MakeRecord
    ) -> None:
        record = make_record(1, label="azolla")
        catalog.add_images(NAME, [record], actor="test")
        append_event(catalog, record.id, "spiniferites")
        catalog.delete_images(NAME, [record.id])
        assert catalog.label_counts(NAME) == {}

        catalog.add_images(NAME, [make_record(1, label="folder name")], actor="test")

        assert catalog.image(NAME, record.id).label == "spiniferites"
        assert catalog.label_counts(NAME) == {"spiniferites": 1}

    def test_counts_fall_and_ties_go_by_name(self, catalog: Catalog, make_record: MakeRecord) -> None:
        names = ["b", "a", "c", "c", None]
        catalog.add_images(NAME, [make_record(i, label=n) for i, n in enumerate(names)], actor="test")
        assert list(catalog.label_counts(NAME).items()) == [("c", 2), ("a", 1), ("b", 1)]

    def test_an_unknown_state_is_refused(self, catalog: Catalog, make_record: MakeRecord) -> None:
        with pytest.raises(CatalogError, match="no state of a label"):
            catalog.add_images(NAME, [make_record(1, label="a", state="sure")], actor="test")


class TestFields:
    def test_kinds_widen(self, catalog: Catalog, make_record: MakeRecord) -> None:
        added: list[dict[str, object]] = [
            {"whole": 1, "mixed": 1, "text": "a", "later text": 2},
            {"whole": 2, "mixed": 1.5, "text": "b", "later text": "2a"},
        ]
        for i, metadata in enumerate(added):
            catalog.add_images(NAME, [make_record(i, metadata=metadata)], actor="test")
        assert catalog.metadata_fields(NAME) == {
            "later text": "keyword",
            "mixed": "float",
            "text": "keyword",
            "whole": "integer",
        }


class TestLife:
    def test_a_closed_catalogue_says_so(self, url: str) -> None:
        catalog = open_catalog(url)
        catalog.check()
        catalog.close()
        catalog.close()
        with pytest.raises(CatalogError, match="is closed"):
            catalog.check()

    def test_threads_write_and_read_at_once(self, catalog: Catalog, make_record: MakeRecord) -> None:
        failures: list[BaseException] = []

        def write(start: int) -> None:
            try:
                for i in range(start, start + 40, 4):
                    records = [make_record(j, label=f"l{j % 3}", metadata={f"f{start}": j}) for j in range(i, i + 4)]
                    catalog.add_images(NAME, records, actor=f"thread {start}")
                    catalog.label_counts(NAME)
            except BaseException as error:
                failures.append(error)
                raise

        # Overlapping ranges: the same images come from two threads.
        threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 160, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert failures == []
        assert catalog.count(NAME) == 180
        assert sum(catalog.label_counts(NAME).values()) == 180
        assert all(len(events_of(catalog, make_record(i).id)) == 1 for i in range(0, 180, 17))


names = st.text("abcø", min_size=1, max_size=2)
values = st.one_of(st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=3))
label_names = st.none() | st.sampled_from(["a", "b"])
calls = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 5), label_names, st.dictionaries(names, values, max_size=3)),
        st.tuples(st.just("delete"), st.integers(0, 5), st.none(), st.just({})),
        st.tuples(st.just("event"), st.integers(0, 5), st.sampled_from(["a", "b"]), st.just({})),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(calls=calls)
def test_any_history_ends_as_a_plain_model_of_it(
    calls: list[tuple[str, int, str | None, dict[str, str | int | float]]],
) -> None:
    # hypothesis cannot reset function-scoped fixtures between examples, hence everything is made here
    with tempfile.TemporaryDirectory() as folder:
        catalog = open_catalog(f"sqlite:///{Path(folder) / 'c.sqlite'}")
        _play(catalog, calls)
        catalog.close()


def _play(catalog: Catalog, calls: list[tuple[str, int, str | None, dict[str, str | int | float]]]) -> None:
    catalog.create_collection(NAME, "generic", [VectorRecord("v", 4, Fingerprint("c", "w", "p", "r", "t", "f32"))])
    images: dict[str, ImageRecord] = {}
    latest: dict[str, str] = {}
    for kind, number, label, metadata in calls:
        image_id = f"{number:036d}"
        if kind == "add":
            record = ImageRecord(image_id, f"{number:064d}", None, "/x", 1, 1, "PNG", "uint8", metadata, label)
            catalog.add_images(NAME, [record], actor="test")
            images.setdefault(image_id, record)
            if label is not None:
                latest.setdefault(image_id, label)
        elif kind == "delete":
            catalog.delete_images(NAME, [image_id])
            images.pop(image_id, None)
        elif image_id in images and label is not None:
            append_event(catalog, image_id, label)
            latest[image_id] = label
    state: LabelState = "validated"
    expected = [
        replace(record, label=latest.get(image_id), state=state if image_id in latest else None)
        for image_id, record in sorted(images.items())
    ]
    assert list(catalog.iter_images(NAME)) == expected
    assert catalog.count(NAME) == len(expected)
    assert sum(catalog.label_counts(NAME).values()) == sum(r.label is not None for r in expected)
