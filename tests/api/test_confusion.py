"""What is taken for what among the validated images, over HTTP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, QueryError
from facies.core.records import Label, LabelBatch
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Example
from facies.indexer.labelling.giving import give_labels


@pytest.fixture
def client(http: httpx.Client) -> Iterator[Client]:
    with Client(str(http.base_url), user="Ann") as opened:
        yield opened


def test_it_counts_what_each_image_would_be_named_without_itself(client: Client, filled: Service) -> None:
    found = client.upkeep.confusion("g")
    images = client.images("g").images
    named = client.classify("g", ClassifyBody(examples=[Example(id=image.id) for image in images]))
    expected = Counter(
        (image.label, answer.top[0].label) for image, answer in zip(images, named.predictions, strict=True)
    )
    assert {(cell.label, cell.named): cell.images for cell in found.cells} == expected
    assert (found.validated, found.precision, found.way) == (24, None, named.way)
    assert found.calibration_error == pytest.approx(named.calibration_error)
    by_id = {image.id: image.label for image in images}
    assert all({by_id[one] for one in cell.ids} == {cell.label} for cell in found.cells)


def test_with_a_precision_the_unsure_stand_apart(client: Client, filled: Service) -> None:
    other = client.images("g", label="well_log").images[0].id
    give_labels(filled.workspace, "g", {other: Label("bar_chart", "validated")}, LabelBatch("person", "Ann"))
    found = client.upkeep.confusion("g", precision=0.999)
    assert sum(cell.images for cell in found.cells) == 24
    sure = [cell for cell in found.cells if cell.verdict == "label"]
    assert all(cell.label == cell.named for cell in sure)
    wrong = next(cell for cell in found.cells if other in cell.ids)
    assert (wrong.label, wrong.named) == ("bar_chart", "well_log")
    assert wrong.verdict in ("set", "unknown")


def test_what_makes_no_sense_is_refused(client: Client) -> None:
    with pytest.raises(CollectionNotFoundError):
        client.upkeep.confusion("none")
    with pytest.raises(QueryError, match="no vector 'x'"):
        client.upkeep.confusion("g", vector="x")
    with pytest.raises(QueryError, match="no field 'slide'"):
        client.upkeep.confusion("g", group="slide")
    with pytest.raises(QueryError):
        client.upkeep.confusion("g", precision=1.5)
