"""Bodies of the HTTP API about the upkeep of collections: their vectors, their files, the disk."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from facies.core.wire import Body


class DefaultVectorBody(Body):
    """Which named vector searches use from now on."""

    vector: str = Field(min_length=1)


class VectorStateOut(Body):
    """How a named vector of a collection stands."""

    name: str
    is_default: bool = Field(description="Whether searches use it unless they name another.")
    lacking: int = Field(description="Images that do not have it yet.")


class BadFileOut(Body):
    """A file that a job could not read, and no later one of the same source or vector."""

    path: str
    reason: str
    job: str
    kind: str
    at: datetime | None = Field(description="When that job ended.")


class BadFilesOut(Body):
    """Files that jobs could not read."""

    collection: str
    jobs: int = Field(description="Jobs that were looked through.")
    files: list[BadFileOut]


class MissingOriginalOut(Body):
    """An image whose original is not where it was."""

    id: str
    label: str | None
    path: str


class MissingOriginalsOut(Body):
    """Images whose originals are gone; thumbnails and vectors remain."""

    collection: str
    looked_at: int
    elsewhere: int = Field(description="Originals behind a URL, which were not looked for.")
    missing: int
    images: list[MissingOriginalOut] = Field(description="The first of them.")


class FolderOut(Body):
    """What a part of the data folder takes."""

    name: str
    files: int
    bytes: int


class StorageOut(Body):
    """The data folder and the disk that it is on."""

    data_dir: str
    total_bytes: int
    free_bytes: int
    parts: list[FolderOut]
