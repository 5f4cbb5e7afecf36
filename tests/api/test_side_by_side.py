from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from facies.api.embedders import Embedders
from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service, open_service
from facies.api.side_by_side import search_side_by_side
from facies.core.errors import QueryError
from facies.core.settings import Settings
from facies.core.wire_search import Example, SearchBody

from .conftest import CARD, ColourEmbedder
from .drawn import Drawn, draw_rows, make_drawn


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("beside"))
    with open_service(settings, Embedders(lambda card, *_: ColourEmbedder(card))) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn(service: Service) -> Drawn:
    other = draw_rows(60, 48, seed=2)
    other[40:] = 0
    return make_drawn(service, "drawn", draw_rows(60, 48), more={"other": other})


def test_each_vector_has_the_list_that_it_has_alone(service: Service, drawn: Drawn) -> None:
    body = SearchBody(positive=[Example(id=drawn.ids[0])], k=50, vectors=["other", CARD], group_by="slide")
    found = search_side_by_side(service, "drawn", body)
    alone = [
        search_images(service, "drawn", body.model_copy(update={"vectors": None, "vector": one}))
        for one in ("other", CARD)
    ]
    assert found.lists == alone
    assert [one.vector for one in found.lists] == ["other", CARD]
    lacking = set(drawn.ids[40:])
    assert not lacking & {n.id for n in found.lists[0].neighbours}


def test_without_a_name_all_vectors_answer(service: Service, drawn: Drawn) -> None:
    body = SearchBody(positive=[Example(id=drawn.ids[0])])
    assert [one.vector for one in search_side_by_side(service, "drawn", body).lists] == [CARD, "other"]
    one = SearchBody(positive=[Example(id=drawn.ids[0])], vector="other")
    assert [found.vector for found in search_side_by_side(service, "drawn", one).lists] == ["other"]


def test_examples_are_embedded_for_each_vector(service: Service, drawn: Drawn, gallery: object) -> None:
    picture = ColourEmbedder(CARD)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    from .test_composed_queries import encode

    upload = Upload("a.png", lambda: encode(pixels))
    found = search_side_by_side(service, "drawn", SearchBody(positive=[Example(upload=0)], k=3), [upload])
    target = picture.embed([pixels])[0]
    for one in found.lists:
        best = np.sort(drawn.rows[one.vector] @ target)[::-1][:3]
        np.testing.assert_allclose([n.similarity for n in one.neighbours], best, atol=1e-5)


def test_an_unknown_vector_is_named(service: Service, drawn: Drawn) -> None:
    body = SearchBody(positive=[Example(id=drawn.ids[0])], vectors=[CARD, "x"])
    with pytest.raises(QueryError, match="no vector 'x'"):
        search_side_by_side(service, "drawn", body)
    with pytest.raises(QueryError, match="no vector 'x'"):
        search_images(service, "drawn", body)
