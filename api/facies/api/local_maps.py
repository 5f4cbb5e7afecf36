"""Maps for the command line, on data that this process has open or through a service."""

from __future__ import annotations

from typing import Protocol

from facies.api import lassos, maps
from facies.api.service import Service
from facies.core.wire_maps import LassoBody, MapOut


class Maps(Protocol):
    """What commands ask of maps: the same of a service's (`MapsClient`) and of this process's own."""

    def maps(self, collection: str) -> list[MapOut]:
        """The maps of a collection, the newest first."""

    def map(self, collection: str, number: int | None = None) -> MapOut:
        """One map; for None the newest."""

    def delete_map(self, collection: str, number: int) -> None:
        """Delete a map."""

    def lasso_table(self, collection: str, number: int, body: LassoBody) -> str:
        """What a polygon encloses, as CSV."""


class LocalMaps:
    """The use cases behind the methods of the client, on data that is open here."""

    def __init__(self, service: Service) -> None:
        """Take the open parts."""
        self._service = service

    def maps(self, collection: str) -> list[MapOut]:
        """The maps of a collection, the newest first."""
        return maps.list_maps(self._service, collection)

    def map(self, collection: str, number: int | None = None) -> MapOut:
        """One map; for None the newest."""
        return maps.show_map(self._service, collection, number)

    def delete_map(self, collection: str, number: int) -> None:
        """Delete a map."""
        maps.delete_map(self._service, collection, number)

    def lasso_table(self, collection: str, number: int, body: LassoBody) -> str:
        """What a polygon encloses, as CSV."""
        return lassos.export_enclosed(self._service, collection, number, body)
