"""A composed query (examples for and against, a crop, a filter, groups) beside an exact computation of its own."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from facies.api.embedders import Embedders
from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service, open_service
from facies.core.settings import Settings
from facies.core.wire_search import Crop, Example, NeighbourOut, SearchBody

from .conftest import CARD, ColourEmbedder
from .drawn import Drawn, draw_rows, make_drawn

COUNT = 700
BOX = Crop(x=5, y=3, width=40, height=30)
Vectors = NDArray[np.float64]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data_dir = tmp_path_factory.mktemp("composed")
    with open_service(Settings(data_dir=data_dir), Embedders(lambda card, *_: ColourEmbedder(card))) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn(service: Service) -> Drawn:
    return make_drawn(service, "drawn", draw_rows(COUNT, 48, seed=1))


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (60, 80, 3), dtype=np.uint8)


def encode(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def unit(vector: Vectors) -> Vectors:
    return vector / np.linalg.norm(vector)


def diffuse_exactly(target: Vectors, rows: Vectors) -> Vectors:
    """Affinity of each row to the target: centred, 12 neighbours, cubed cosines, 20 steps with 0.95, in loops."""
    nodes = np.vstack([target, rows])
    count = len(nodes)
    nodes = np.array([unit(node - nodes.mean(axis=0)) for node in nodes])
    cosines = nodes @ nodes.T
    weights = np.zeros((count, count))
    for node in range(count):
        others = [other for other in np.argsort(-cosines[node], kind="stable") if other != node]
        for other in others[:12]:
            weight = max(cosines[node, other], 0.0) ** 3
            weights[node, other] = max(weights[node, other], weight)
            weights[other, node] = max(weights[other, node], weight)
    degrees = weights.sum(axis=1)
    affinity = np.zeros(count)
    affinity[0] = 1.0
    start = affinity.copy()
    for _ in range(20):
        spread = np.zeros(count)
        for node in range(count):
            for other in np.flatnonzero(weights[node]):
                spread[node] += weights[node, other] / np.sqrt(degrees[node] * degrees[other]) * affinity[other]
        affinity = 0.95 * spread + 0.05 * start
    return affinity[1:]


def answer_exactly(
    drawn: Drawn, target: Vectors, chosen: Sequence[int], *, reranked: bool, per_group: int, window: int = 400
) -> list[tuple[str, float]]:
    """All images that may come, in order, no more than so many of a slide, with their cosines."""
    rows = drawn.first.astype(np.float64)
    cosines = rows @ target
    order = sorted(chosen, key=lambda place: (-cosines[place], drawn.ids[place]))
    if reranked:
        head, tail = order[:window], order[window:]
        affinities = diffuse_exactly(target, rows[head])
        order = [head[place] for place in np.argsort(-affinities, kind="stable")] + tail
    taken: dict[object, int] = {}
    kept = []
    for place in order:
        slide = drawn.payloads[place].get("slide")
        if slide is not None and taken.get(slide, 0) >= per_group:
            continue
        taken[slide] = taken.get(slide, 0) + 1
        kept.append((drawn.ids[place], float(cosines[place])))
    return kept


@pytest.mark.parametrize("reranked", [False, True])
@pytest.mark.parametrize("per_group", [1, 4])
def test_a_composed_query_is_answered_exactly(
    service: Service, drawn: Drawn, picture: NDArray[np.uint8], reranked: bool, per_group: int
) -> None:
    where = {
        "all": [{"field": "depth_m", "range": {"gte": 1050}}, {"not": {"field": "label", "equals": "taxon 2"}}],
    }
    body = SearchBody.model_validate(
        {
            "positive": [{"id": drawn.ids[100]}, {"upload": 0, "crop": BOX.model_dump()}],
            "negative": [{"id": drawn.ids[200]}],
            "k": 40,
            "where": where,
            "rerank": reranked,
            "group_by": "slide",
            "per_group": per_group,
        }
    )
    found = search_images(service, "drawn", body, [Upload("a.png", lambda: encode(picture))])

    cut = picture[BOX.y : BOX.y + BOX.height, BOX.x : BOX.x + BOX.width]
    crop = ColourEmbedder(CARD).embed([cut])[0].astype(np.float64)
    rows = drawn.first.astype(np.float64)
    target = unit(2 * (rows[100] + crop) / 2 - rows[200])
    chosen = [
        place
        for place, payload in enumerate(drawn.payloads)
        if place not in {100, 200} and float(payload["depth_m"]) >= 1050 and payload.get("label") != "taxon 2"
    ]
    assert len(chosen) > 450  # so that some stand beyond the window
    wanted = answer_exactly(drawn, target, chosen, reranked=reranked, per_group=per_group)[:40]
    assert [n.id for n in found.neighbours] == [one for one, _ in wanted]
    np.testing.assert_allclose([n.similarity for n in found.neighbours], [s for _, s in wanted], atol=1e-5)
    assert found.reranked_by == ("diffusion" if reranked else None)
    assert [n.group for n in found.neighbours] == [n.metadata.get("slide") for n in found.neighbours]
    assert len({n.group for n in found.neighbours}) > 5
    orders = [
        answer_exactly(drawn, target, chosen, reranked=again, per_group=per_group)[:40] for again in (True, False)
    ]
    assert orders[0] != orders[1]


def test_the_example_itself_stays_first_when_it_is_re_ranked(service: Service, gallery: Path) -> None:
    from .conftest import fill

    fill(service, gallery, "pictures")
    for image in list(service.workspace.catalog.iter_images("pictures"))[:10]:
        body = SearchBody(positive=[Example(upload=0)], k=24, rerank=True)
        found = search_images(service, "pictures", body, [Upload("a.png", Path(image.uri).read_bytes)])
        assert found.neighbours[0].id == image.id
        assert found.neighbours[0].similarity > 0.9999
        assert len({n.id for n in found.neighbours}) == 24


def test_every_page_is_a_part_of_the_same_list(service: Service, drawn: Drawn) -> None:
    def ask(offset: int, k: int) -> list[NeighbourOut]:
        body = SearchBody(positive=[Example(id=drawn.ids[3])], k=k, offset=offset, rerank=True, group_by="slide")
        return search_images(service, "drawn", body).neighbours

    whole = ask(0, 200)
    assert [n for offset in range(0, 210, 7) for n in ask(offset, 7)] == whole
