from __future__ import annotations

import io
import threading
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import tifffile
from PIL import Image

from facies.api.collections import create_collection, delete_one_image
from facies.api.examples import Upload
from facies.api.service import Service
from facies.api.uploads import add_uploads, find_thumbnail
from facies.core.catalog import Catalog
from facies.core.errors import (
    CollectionNotFoundError,
    OriginalMissingError,
    QueryError,
    StorageError,
    UnknownTaxonError,
)
from facies.core.images import content_hash
from facies.core.records import CollectionRecord, VectorRecord
from facies.core.wire import CollectionBody, UploadedOut
from facies.indexer.maintenance import delete_collection
from facies.models.embedder import Embedder

from .conftest import CARD


@pytest.fixture
def empty(service: Service) -> Service:
    create_collection(service, CollectionBody(name="c", model=CARD))
    return service


def png(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def tiff(pages: int) -> bytes:
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        for seed in range(pages):
            file.write(np.random.default_rng(seed).integers(0, 2**16, (20, 30), dtype=np.uint16))
    return buffer.getvalue()


def upload(service: Service, *files: tuple[str, bytes], label: str | None = None, name: str = "c") -> list[UploadedOut]:
    uploads = [Upload(file, io.BytesIO(data).read) for file, data in files]
    return add_uploads(service, name, uploads, label=label, metadata={"depth_m": 1210.5}).results


def copies(service: Service) -> list[Path]:
    return sorted(path for path in (service.settings.data_dir / "uploads").rglob("*") if path.is_file())


def test_each_file_has_its_own_outcome(empty: Service) -> None:
    data = png(0)
    results = upload(
        empty,
        ("a.png", data),
        ("notes.txt", b"words and no image at all, however long"),
        ("cut.png", png(1)[:200]),
        ("again.png", data),
        ("stack.tif", tiff(3)),
    )
    assert [(r.name, r.status, len(r.ids)) for r in results] == [
        ("a.png", "indexed", 1),
        ("notes.txt", "failed", 0),
        ("cut.png", "failed", 0),
        ("again.png", "duplicate", 1),
        ("stack.tif", "indexed", 3),
    ]
    assert results[3].ids == results[0].ids
    assert all(r.reason for r in results if r.status in {"failed", "duplicate"})
    assert empty.workspace.catalog.count("c") == empty.workspace.store.count("c") == 4


def test_an_upload_is_copied_labelled_and_described(empty: Service) -> None:
    data = png(0)
    (result,) = upload(empty, ("../../etc/a.png", data), label="areoligera")
    record = empty.workspace.catalog.image("c", result.ids[0])
    assert Path(record.uri).read_bytes() == data
    assert Path(record.uri).is_relative_to(empty.settings.data_dir / "uploads")
    assert (record.label, record.state) == ("areoligera", "validated")
    assert record.metadata == {"depth_m": 1210.5}
    assert record.sha256 == content_hash(data)


def test_uploading_again_changes_nothing(empty: Service) -> None:
    first = upload(empty, ("a.png", png(0)), label="x")
    again = upload(empty, ("b.png", png(0)), label="y")
    assert (again[0].status, again[0].ids) == ("unchanged", first[0].ids)
    assert again[0].reason is not None
    assert "'x'" in again[0].reason
    assert empty.workspace.catalog.count("c") == len(copies(empty)) == 1


def test_refused_files_leave_no_copy(empty: Service) -> None:
    upload(empty, ("cut.png", png(1)[:200]), ("a.txt", b"words"))
    assert copies(empty) == []


def test_bytes_that_a_folder_holds_already_are_not_copied(filled: Service, gallery: Path) -> None:
    path = gallery / "well_log" / "0.png"
    (result,) = upload(filled, ("mine.png", path.read_bytes()), name="g")
    assert result.status == "duplicate"
    assert result.reason is not None
    assert str(path) in result.reason
    assert copies(filled) == []


def test_collections_share_a_copy_until_the_last_lets_go(empty: Service) -> None:
    create_collection(empty, CollectionBody(name="d", model=CARD))
    (first,) = upload(empty, ("a.png", png(0)))
    (second,) = upload(empty, ("a.png", png(0)), name="d")
    assert (first.status, second.status) == ("indexed", "indexed")
    delete_one_image(empty, "c", first.ids[0])
    assert len(copies(empty)) == 1
    delete_one_image(empty, "d", second.ids[0])
    assert copies(empty) == []


def test_a_missing_collection_is_named_before_anything_is_kept(service: Service) -> None:
    with pytest.raises(CollectionNotFoundError):
        upload(service, ("a.png", png(0)))
    assert copies(service) == []


def test_a_lost_thumbnail_is_made_again(filled: Service) -> None:
    record = filled.workspace.catalog.list_images("g", limit=1)[0]
    there = find_thumbnail(filled, record)
    before = there.read_bytes()
    filled.workspace.blobs.remove_thumbnail(record.id)
    assert find_thumbnail(filled, record).read_bytes() == before
    filled.workspace.blobs.remove_thumbnail(record.id)
    filled.workspace.catalog.set_uri("g", record.sha256, "/nowhere.png")
    with pytest.raises(OriginalMissingError):
        find_thumbnail(filled, filled.workspace.catalog.image("g", record.id))


def test_a_collection_that_goes_away_meanwhile_is_not_made_again(empty: Service) -> None:
    outcomes: list[object] = []
    asked = threading.Event()
    matching = empty.embedders.matching

    def tell(catalog: Catalog, collection: CollectionRecord, vector: VectorRecord) -> Embedder:
        asked.set()  # the first look at the collection is over
        return matching(catalog, collection, vector)

    def go() -> None:
        try:
            outcomes.append(upload(empty, ("a.png", png(0))))
        except CollectionNotFoundError as error:
            outcomes.append(error)

    with mock.patch.object(empty.embedders, "matching", tell), empty.copies:
        thread = threading.Thread(target=go)
        thread.start()
        assert asked.wait(20)
        delete_collection(empty.workspace, "c")
    thread.join(20)
    assert isinstance(outcomes[0], CollectionNotFoundError)
    assert empty.workspace.catalog.collections() == []
    assert empty.workspace.store.collections() == []
    assert copies(empty) == []


def test_a_full_disk_leaves_no_copy_behind(empty: Service) -> None:
    full = StorageError("the vectors", "no space left")
    with (
        mock.patch.object(empty.workspace.store, "upsert", side_effect=full),
        pytest.raises(StorageError, match="no space left"),
    ):
        upload(empty, ("a.png", png(0)), ("b.png", png(1)))
    assert copies(empty) == []
    assert empty.workspace.catalog.count("c") == 0


def test_with_a_taxonomy_the_label_of_uploads_is_its_accepted_name(empty: Service) -> None:
    empty.workspace.catalog.use_taxonomy("c", "scampi-20")
    upload(empty, ("a.png", png(0)), label="Azolla")
    assert empty.workspace.catalog.label_counts("c") == {"azolla": 1}
    with pytest.raises(UnknownTaxonError, match="Did you mean 'azolla'"):
        upload(empty, ("b.png", png(1)), label="azola")
    assert empty.workspace.catalog.count("c") == 1


def test_a_label_of_uploads_that_is_none_is_refused_before_anything_is_copied(empty: Service) -> None:
    with pytest.raises(QueryError, match=r"the label of the files has a control character.*got 'a\\x00b'"):
        upload(empty, ("a.png", png(0)), label="a\0b")
    assert copies(empty) == []
    assert empty.workspace.catalog.count("c") == 0
