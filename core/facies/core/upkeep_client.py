"""The part of the HTTP client that looks after collections: their vectors, their files, the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from facies.core.wire import HealthOut
from facies.core.wire_classify import ConfusionOut
from facies.core.wire_upkeep import BadFilesOut, DefaultVectorBody, MissingOriginalsOut, StorageOut, VectorStateOut

if TYPE_CHECKING:
    from facies.core.client import Client


class UpkeepClient:
    """Upkeep of a service's collections; `facies.core.client.Client.upkeep` gives it."""

    def __init__(self, client: Client) -> None:
        """Ask through an open client."""
        self._client = client

    def vectors(self, name: str) -> list[VectorStateOut]:
        """How the named vectors of a collection stand, the default first."""
        return self._client.read(list[VectorStateOut], "GET", f"{self._of(name)}/vectors")

    def set_default_vector(self, name: str, vector: str) -> list[VectorStateOut]:
        """Let searches use a named vector from now on."""
        json = DefaultVectorBody(vector=vector).model_dump()
        return self._client.read(list[VectorStateOut], "PUT", f"{self._of(name)}/default-vector", json=json)

    def drop_vector(self, name: str, vector: str) -> list[VectorStateOut]:
        """Take a named vector from a collection; gives those that are left."""
        path = f"{self._of(name)}/vectors/{quote(vector, safe='')}"
        return self._client.read(list[VectorStateOut], "DELETE", path)

    def confusion(
        self,
        name: str,
        *,
        vector: str | None = None,
        group: str | None = None,
        precision: float | None = None,
    ) -> ConfusionOut:
        """How the validated images are named, each without itself."""
        asked: dict[str, Any] = {"vector": vector, "group": group, "precision": precision}
        params = {key: value for key, value in asked.items() if value is not None}
        return self._client.read(ConfusionOut, "GET", f"{self._of(name)}/confusion", params=params)

    def bad_files(self, name: str) -> BadFilesOut:
        """Files that jobs could not read."""
        return self._client.read(BadFilesOut, "GET", f"{self._of(name)}/bad-files")

    def missing_originals(self, name: str) -> MissingOriginalsOut:
        """Images whose originals are gone."""
        return self._client.read(MissingOriginalsOut, "GET", f"{self._of(name)}/missing-originals")

    def ready(self) -> HealthOut:
        """What the store and the catalogue say of themselves.

        Raises:
            ServiceUnavailableError: one of them does not answer.
        """
        return self._client.read(HealthOut, "GET", "/v1/ready")

    def storage(self) -> StorageOut:
        """What the data take, and what is free."""
        return self._client.read(StorageOut, "GET", "/v1/storage")

    def _of(self, name: str) -> str:
        return self._client.collection_path(name)
