"""Counts under filters: what a page of filters shows beside each value."""

from __future__ import annotations

import httpx
import pytest

from facies.api.counting import count_images
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import CollectionNotFoundError, QueryError
from facies.core.wire_search import CountBody


def test_images_are_counted_by_each_field_under_a_filter_of_its_own(filled: Service, http: httpx.Client) -> None:
    images = filled.workspace.catalog.list_images("g", limit=100)
    labels = sorted({str(image.label) for image in images})
    only = {"field": "label", "any_of": [labels[0]]}
    body = CountBody(where=only, by={"label": None, "state": only})
    with Client(str(http.base_url)) as client:
        counted = client.count("g", body)
    of_first = sum(image.label == labels[0] for image in images)
    assert counted == count_images(filled, "g", body)
    assert (counted.images, counted.by["state"]) == (of_first, {"validated": of_first})
    assert counted.by["label"] == {label: sum(image.label == label for image in images) for label in labels}


def test_a_field_without_text_or_a_strange_filter_is_refused(filled: Service) -> None:
    with pytest.raises(QueryError, match=r"cannot be counted by 'nothing'; expected a field that holds text: .*label"):
        count_images(filled, "g", CountBody(by={"nothing": None}))
    with pytest.raises(QueryError, match="has no field 'wel'"):
        count_images(filled, "g", CountBody(by={"label": {"field": "wel", "any_of": ["a"]}}))
    with pytest.raises(CollectionNotFoundError):
        count_images(filled, "nope", CountBody())
