from __future__ import annotations

import pytest

from facies.api.found import Found
from facies.api.images import image_out, list_images, neighbour_out
from facies.api.service import Service
from facies.core.errors import CollectionNotFoundError
from facies.core.records import ImageRecord
from facies.core.wire import ImageOut

RECORD = ImageRecord(
    id="0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e",
    sha256="a" * 64,
    page=2,
    uri="/data/slide 1.tif",
    width=4,
    height=3,
    format="TIFF",
    scaling="uint16 / 65535",
    metadata={"well": "6407/6-5", "depth_m": 1210.5},
    label="areoligera",
    state="validated",
)


def test_an_image_names_its_files_by_paths_of_the_api() -> None:
    shown = image_out("my set", RECORD)
    assert shown.original == f"/v1/collections/my%20set/images/{RECORD.id}/original"
    assert shown.thumbnail == f"/v1/collections/my%20set/images/{RECORD.id}/thumbnail"
    assert (shown.path, shown.page, shown.metadata) == ("/data/slide 1.tif", 2, RECORD.metadata)


def test_a_neighbour_is_an_image_with_a_similarity() -> None:
    shown = neighbour_out("c", RECORD, Found(RECORD.id, 0.25))
    assert (shown.similarity, shown.percentile, shown.similarities, shown.group) == (0.25, None, {}, None)
    assert (shown.folded, shown.folded_ids) == (0, [])
    own = shown.model_dump(include=set(ImageOut.model_fields))
    assert own == image_out("c", RECORD).model_dump()


def test_a_neighbour_says_what_decided_on_its_place() -> None:
    found = Found(RECORD.id, 0.25, group=3, folded=2, folded_ids=("a", "b"), similarities={"v": 0.25})
    shown = neighbour_out("c", RECORD, found, 87.5)
    assert (shown.percentile, shown.group, shown.folded, shown.folded_ids) == (87.5, 3, 2, ["a", "b"])
    assert shown.similarities == {"v": 0.25}


def test_pages_cover_every_image_once(shared: Service) -> None:
    pages = [list_images(shared.workspace, "g", offset=o, limit=10, label=None) for o in (0, 10, 20, 30)]
    assert [len(page.images) for page in pages] == [10, 10, 4, 0]
    assert {page.total for page in pages} == {24}
    ids = [image.id for page in pages for image in page.images]
    assert ids == sorted(set(ids))


def test_a_label_narrows_the_list_and_its_total(shared: Service) -> None:
    page = list_images(shared.workspace, "g", offset=0, limit=4, label="well_log")
    assert (page.total, [image.label for image in page.images]) == (6, ["well_log"] * 4)
    assert list_images(shared.workspace, "g", offset=0, limit=4, label="no such label").total == 0


def test_a_missing_collection_is_named(service: Service) -> None:
    with pytest.raises(CollectionNotFoundError, match="no collection 'x'"):
        list_images(service.workspace, "x", offset=0, limit=1, label=None)
