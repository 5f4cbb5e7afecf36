"""The part of the HTTP client that is about maps."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from facies.core.wire import ImageOut
from facies.core.wire_maps import LassoBody, LassoLabelBody, LassoLabelsOut, LassoOut, LegendOut, MapOut

if TYPE_CHECKING:
    from facies.core.client import Client


class MapsClient:
    """Maps of a service; `facies.core.client.Client.maps` gives it."""

    def __init__(self, client: Client) -> None:
        """Ask through an open client."""
        self._client = client

    def maps(self, collection: str) -> list[MapOut]:
        """The maps of a collection, the newest first."""
        return self._client.read(list[MapOut], "GET", _of(collection))

    def map(self, collection: str, number: int | None = None) -> MapOut:
        """One map; for None the newest."""
        return self._client.read(MapOut, "GET", _one(collection, "newest" if number is None else number))

    def delete_map(self, collection: str, number: int) -> None:
        """Delete a map."""
        self._client.send("DELETE", _one(collection, number))

    def legend(self, collection: str, number: int, by: str = "label", rank: str | None = None) -> LegendOut:
        """What the colours of a map mean, and where the column is."""
        params = {"by": by} if rank is None else {"by": by, "rank": rank}
        return self._client.read(LegendOut, "GET", f"{_one(collection, number)}/legend", params=params)

    def point(self, collection: str, number: int, index: int) -> ImageOut:
        """The image of one point."""
        return self._client.read(ImageOut, "GET", f"{_one(collection, number)}/points/{index}")

    def lasso(self, collection: str, number: int, body: LassoBody) -> LassoOut:
        """What a polygon encloses."""
        return self._client.read(LassoOut, "POST", f"{_one(collection, number)}/lasso", json=_json(body))

    def label_lasso(self, collection: str, number: int, body: LassoLabelBody) -> LassoLabelsOut:
        """Give all that a polygon encloses a label."""
        path = f"{_one(collection, number)}/lasso/labels"
        return self._client.read(LassoLabelsOut, "POST", path, json=_json(body))

    def lasso_table(self, collection: str, number: int, body: LassoBody) -> str:
        """What a polygon encloses, as CSV."""
        return self._client.send("POST", f"{_one(collection, number)}/lasso/table", json=_json(body)).content.decode()


def _json(body: LassoBody | LassoLabelBody) -> object:
    return body.model_dump(mode="json", exclude_unset=True)


def _of(collection: str) -> str:
    return f"/v1/collections/{quote(collection, safe='')}/maps"


def _one(collection: str, number: int | str) -> str:
    return f"{_of(collection)}/{number}"
