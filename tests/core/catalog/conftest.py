"""Catalogues and records for the tests of the catalogue."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facies.core.catalog import Catalog, open_catalog
from facies.core.records import Fingerprint, ImageRecord, LabelState, Metadata, VectorRecord
from tests.postgres import make_database, serve_postgres

MakeRecord = Callable[..., ImageRecord]


@pytest.fixture
def vector() -> VectorRecord:
    return VectorRecord(
        name="lite0",
        dim=1280,
        fingerprint=Fingerprint(
            card="efficientnet-lite0",
            weights_sha256="ab" * 32,
            preprocessing="squash 256, crop 224",
            recipe="final layer",
            runtime="torch",
            precision="f32",
        ),
    )


@pytest.fixture
def make_record() -> MakeRecord:
    def make(
        number: int,
        *,
        label: str | None = None,
        state: LabelState | None = None,
        page: int | None = None,
        metadata: Metadata | None = None,
    ) -> ImageRecord:
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        name = sha256 if page is None else f"{sha256}#{page}"
        return ImageRecord(
            id=str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
            sha256=sha256,
            page=page,
            uri=f"/slides/image{number}.tif",
            width=640,
            height=480,
            format="TIFF",
            scaling="uint16 / 65535",
            metadata=metadata or {},
            label=label,
            state=state,
        )

    return make


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'catalog.sqlite'}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with serve_postgres() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    with make_database(postgres) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of each kind that the catalogue is promised to work with."""
    name = "url" if request.param == "sqlite" else "postgres_url"
    found: str = request.getfixturevalue(name)
    return found


@pytest.fixture
def catalog(any_url: str, vector: VectorRecord) -> Iterator[Catalog]:
    opened = open_catalog(any_url)
    opened.create_collection("microfossils", "microfossils", [vector])
    yield opened
    opened.close()
