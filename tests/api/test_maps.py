"""Maps as the use cases give them, and over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from facies.api.labelling import label_images
from facies.api.map_columns import Colouring
from facies.api.maps import delete_map, list_maps, show_legend, show_map
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, MapNotFoundError, QueryError, TaxonomyError
from facies.core.taxonomy import Taxon, Taxonomy
from facies.core.wire_labels import LabelBody, LabelIn
from facies.core.wire_maps import LassoBody, LassoLabelBody
from facies.indexer.maintenance import delete_image
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from tests.api.conftest import CARD, LABELS, serving
from tests.api.drawn_maps import box, draw_map


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url)) as opened:
        yield opened


def test_maps_are_listed_shown_and_deleted(filled: Service) -> None:
    assert list_maps(filled, "g") == []
    with pytest.raises(MapNotFoundError, match="no map yet"):
        show_map(filled, "g", None)
    with pytest.raises(CollectionNotFoundError):
        list_maps(filled, "nothing")
    first, second = draw_map(filled)[0], draw_map(filled)[0]
    assert [one.number for one in list_maps(filled, "g")] == [second.number, first.number]
    shown = show_map(filled, "g", None)
    assert (shown.number, shown.points, shown.method, shown.current) == (second.number, 24, "umap", True)
    delete_map(filled, "g", second.number)
    assert show_map(filled, "g", None).number == first.number


def test_positions_and_colours_travel_as_columns(http: httpx.Client, client: Client, filled: Service) -> None:
    record, ids = draw_map(filled, gone=2)
    shown = client.maps.map("g")
    answer = http.get(shown.positions)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    positions = np.frombuffer(answer.content, dtype="<f4").reshape(-1, 2)
    assert positions.shape == (26, 2)
    assert positions[6].tolist() == [0, 10]
    again = http.get(shown.positions, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert "no-cache" in http.get(f"/v1/collections/g/maps/{record.number}/positions").headers["cache-control"]

    legend = client.maps.legend("g", record.number)
    assert [(one.value, one.count) for one in legend.entries] == [(label, 6) for label in LABELS]
    assert (legend.kind, legend.type, legend.points, legend.gone, legend.gone_code) == ("category", "u1", 26, 2, 255)
    codes = np.frombuffer(http.get(legend.column).raise_for_status().content, dtype="u1")
    assert codes.tolist() == [0] * 6 + [1] * 6 + [2] * 6 + [3] * 6 + [255] * 2

    label = LabelBody(labels=[LabelIn(id=ids[0], label="chart")])
    label_images(filled, "g", label, Actor("Ann"))
    stale = http.get(legend.column)
    assert (stale.status_code, stale.json()["code"]) == (409, "StaleMapError")
    now = client.maps.legend("g", record.number)
    assert {one.value: one.count for one in now.entries}["chart"] == 1
    assert http.get(now.column).status_code == 200


def test_colours_follow_an_image_that_goes_while_another_comes(
    client: Client, filled: Service, gallery: Path, tmp_path: Path
) -> None:
    record, ids = draw_map(filled)
    before = client.maps.legend("g", record.number)
    revision = client.collection("g").revision
    delete_image(filled.workspace, "g", ids[0])
    (tmp_path / "new.png").write_bytes((gallery / "well_log" / "0.png").read_bytes() + b"more")
    index_source(filled.workspace, filled.embedders.get(CARD), "g", open_source(str(tmp_path / "new.png")))
    after = client.maps.legend("g", record.number)
    assert (before.gone, after.gone) == (0, 1)
    assert client.collection("g").revision != revision
    lasso = client.maps.lasso("g", record.number, LassoBody(polygon=box(-1, -1, 100, 1)))
    assert set(lasso.ids) == set(ids[1:6])


def test_a_map_is_coloured_by_state_and_by_fields(client: Client, filled: Service) -> None:
    record, _ = draw_map(filled)
    states = client.maps.legend("g", record.number, by="state")
    assert [(one.value, one.count) for one in states.entries] == [("validated", 24)]
    with pytest.raises(QueryError, match="no field 'well' to colour a map by; it has label, state"):
        client.maps.legend("g", record.number, by="well")


def test_labels_are_brought_to_a_rank(filled: Service) -> None:
    record, _ = draw_map(filled)
    with pytest.raises(QueryError, match="cannot be brought to the rank 'family'"):
        show_legend(filled, "g", record.number, Colouring(rank="family"))
    taxa = (Taxon("Drawings", "family"), *(Taxon(label, "genus", "Drawings") for label in LABELS[:2]))
    filled.workspace.catalog.add_taxonomy(Taxonomy("drawn", "what is drawn", taxa, source="a test", licence="CC0"))
    filled.workspace.catalog.use_taxonomy("g", "drawn")
    legend = show_legend(filled, "g", record.number, Colouring(rank="family"))
    assert [(one.value, one.count) for one in legend.entries] == [("Drawings", 12), (LABELS[2], 6), (LABELS[3], 6)]
    with pytest.raises(TaxonomyError, match="no rank"):
        show_legend(filled, "g", record.number, Colouring(rank="sort"))


def test_a_point_leads_to_its_image(http: httpx.Client, filled: Service) -> None:
    record, ids = draw_map(filled, gone=1)
    path = f"/v1/collections/g/maps/{record.number}/points"
    assert http.get(f"{path}/3").json()["id"] == ids[3]
    thumbnail = http.get(f"{path}/3/thumbnail", follow_redirects=True)
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert ids[3] in str(thumbnail.url)
    assert http.get(f"{path}/24").json()["code"] == "ImageNotFoundError"
    assert http.get(f"{path}/25").json()["code"] == "QueryError"


def test_a_lasso_works_over_http(http: httpx.Client, client: Client, filled: Service) -> None:
    record, ids = draw_map(filled)
    polygon = box(-1, -1, 100, 1)
    found = client.maps.lasso("g", record.number, LassoBody(polygon=polygon, limit=1))
    assert (found.count, len(found.images), len(found.ids)) == (6, 1, 6)
    assert client.maps.lasso_table("g", record.number, LassoBody(polygon=polygon)).count("\n") == 7
    body = LassoLabelBody(polygon=polygon, label="chart", keep_validated=False)
    done = client.maps.label_lasso("g", record.number, body)
    assert (done.count, done.kept) == (6, 0)
    assert filled.workspace.catalog.image("g", ids[0]).label == "chart"
    flat = http.post(f"/v1/collections/g/maps/{record.number}/lasso", json={"polygon": [[0, 0], [1, 0], [2, 0]]})
    assert (flat.status_code, flat.json()["code"]) == (422, "PolygonError")
    few = http.post(f"/v1/collections/g/maps/{record.number}/lasso", json={"polygon": [[0, 0], [1, 0]]})
    assert few.status_code == 422
    client.maps.delete_map("g", record.number)
    with pytest.raises(MapNotFoundError):
        client.maps.map("g", record.number)


def test_positions_of_the_first_parts_do_not_change(filled: Service) -> None:
    record, _ = draw_map(filled)
    with serving(filled) as client:
        first = client.get(f"/v1/collections/g/maps/{record.number}/positions", params={"parts": 1}).content
        filled.workspace.catalog.add_map_points(
            "g", record.number, filled.workspace.catalog.map_points("g", record.number)
        )
        again = client.get(f"/v1/collections/g/maps/{record.number}/positions", params={"parts": 1}).content
        assert again == first
        both = client.get(f"/v1/collections/g/maps/{record.number}/positions").content
        assert len(both) == 2 * len(first)
