from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.errors import CollectionNotFoundError, ImageNotFoundError, QueryError
from facies.core.records import ImageRecord
from facies.core.store import Point
from facies.core.wire_search import Crop, Example, NeighbourOut, SearchBody

from .conftest import CARD


def records(service: Service) -> list[ImageRecord]:
    return list(service.workspace.catalog.iter_images("g"))


def by_id(image: ImageRecord) -> Example:
    return Example(id=image.id)


def find(service: Service, *examples: Example, k: int = 5, **more: object) -> list[NeighbourOut]:
    body = SearchBody.model_validate({"positive": examples, "k": k, **more})
    return search_images(service, "g", body).neighbours


def exact(service: Service, query: ImageRecord, k: int) -> list[tuple[str, float]]:
    """The plain way: all dot products, the largest first."""
    images = records(service)
    points = service.workspace.store.get("g", [image.id for image in images], vectors=True)
    matrix = np.stack([points[image.id].vectors[CARD] for image in images])
    similarities = matrix @ points[query.id].vectors[CARD]
    order = [i for i in np.argsort(-similarities, kind="stable") if images[i].id != query.id]
    return [(images[i].id, float(similarities[i])) for i in order[:k]]


def test_answers_are_those_of_an_exact_search_without_the_image_itself(shared: Service) -> None:
    for image in records(shared):
        found = find(shared, by_id(image), k=7)
        wanted = exact(shared, image, 7)
        assert [n.id for n in found] == [i for i, _ in wanted]
        np.testing.assert_allclose([n.similarity for n in found], [s for _, s in wanted], atol=1e-5)


def test_an_uploaded_image_of_the_collection_comes_first(shared: Service) -> None:
    for image in records(shared)[:8]:
        upload = Upload("a.png", Path(image.uri).read_bytes)
        found = search_images(shared, "g", SearchBody(positive=[Example(upload=0)], k=2), [upload]).neighbours
        assert found[0].id == image.id
        assert found[0].similarity > 0.9999
        assert (found[0].path, found[0].label, found[0].state) == (image.uri, image.label, "validated")


@hypothesis_settings(max_examples=25, deadline=None)
@given(k=st.integers(1, 30), offset=st.integers(0, 40))
def test_pages_are_parts_of_one_ranking(shared: Service, k: int, offset: int) -> None:
    image = records(shared)[0]
    ranking = [n.id for n in find(shared, by_id(image), k=50)]
    assert len(ranking) == 23
    assert [n.id for n in find(shared, by_id(image), k=k, offset=offset)] == ranking[offset : offset + k]


def test_an_offset_beyond_every_machine_is_an_empty_page(shared: Service) -> None:
    assert find(shared, by_id(records(shared)[0]), offset=10**30) == []


def test_a_filter_narrows_what_is_found(shared: Service) -> None:
    image = records(shared)[0]
    found = find(shared, by_id(image), k=50, where={"field": "label", "equals": "well_log"})
    others = [n.id for n in find(shared, by_id(image), k=50) if n.label == "well_log"]
    assert [n.id for n in found] == others
    assert others


def test_several_examples_are_all_left_out_and_the_negative_ones_push_away(shared: Service) -> None:
    logs = [image for image in records(shared) if image.label == "well_log"]
    shales = [image for image in records(shared) if image.label == "laminated_shale"]
    found = find(shared, by_id(logs[0]), by_id(logs[1]), k=50, negative=[by_id(shales[0])])
    assert not {logs[0].id, logs[1].id, shales[0].id} & {n.id for n in found}
    places = {n.id: place for place, n in enumerate(found)}
    plain = {n.id: place for place, n in enumerate(find(shared, by_id(logs[0]), by_id(logs[1]), k=50))}
    assert sum(places[s.id] for s in shales[1:]) >= sum(plain[s.id] for s in shales[1:]) - len(shales)


def test_a_crop_of_an_indexed_image_may_find_that_image(shared: Service) -> None:
    image = records(shared)[0]
    crop = Crop(x=0, y=0, width=image.width, height=image.height)
    assert find(shared, Example(id=image.id, crop=crop))[0].id == image.id


def test_a_search_by_ids_loads_no_network(filled: Service) -> None:
    def refuse(card: str) -> None:
        raise AssertionError(card)

    filled.embedders.get = refuse  # type: ignore[method-assign, assignment]  # to see that nobody asks for one
    assert find(filled, by_id(records(filled)[0]))


def test_a_point_that_was_never_acknowledged_is_not_found(filled: Service) -> None:
    store, image = filled.workspace.store, records(filled)[0]
    vector = store.get("g", [image.id], vectors=True)[image.id].vectors[CARD]
    orphans = [f"00000000-0000-5000-8000-{number:012d}" for number in range(9)]
    store.upsert("g", [Point(orphan, {CARD: vector}, {}) for orphan in orphans])
    found = find(filled, by_id(image), k=6)
    assert [n.id for n in found] == [i for i, _ in exact(filled, image, 6)]
    with pytest.raises(ImageNotFoundError):
        find(filled, Example(id=orphans[0]))


def test_mistakes_have_their_own_errors(shared: Service) -> None:
    example = by_id(records(shared)[0])
    with pytest.raises(QueryError, match="expected 1 to 50, got 51"):
        find(shared, example, k=51)
    with pytest.raises(QueryError, match="no vector 'x'"):
        find(shared, example, vector="x")
    with pytest.raises(QueryError, match="filter"):
        find(shared, example, where={"label": "a"})
    with pytest.raises(CollectionNotFoundError, match="There are: g"):
        search_images(shared, "h", SearchBody(positive=[example]))
