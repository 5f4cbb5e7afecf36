"""Revisions: fresh, old, newer, foreign; and what the migrations make against what the tables say."""

from __future__ import annotations

import io
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from facies.core import catalog as catalog_package
from facies.core.catalog import open_catalog
from facies.core.catalog.tables import Base
from facies.core.errors import CatalogError
from facies.core.records import CollectionRecord, Fingerprint, ImageRecord, VectorRecord

DATA = Path(__file__).resolve().parents[2] / "data"
MIGRATIONS = Path(catalog_package.__file__).parent / "migrations"


def execute(path: Path, statements: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(statements)
    connection.close()


def test_migrations_and_tables_agree(any_url: str) -> None:
    catalog = open_catalog(any_url)
    with catalog._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    catalog.close()


def test_the_tables_are_plain_sql_for_postgresql_too() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    statements = [str(CreateTable(table).compile(dialect=dialect)) for table in Base.metadata.sorted_tables]
    statements += [str(CreateIndex(i).compile(dialect=dialect)) for t in Base.metadata.sorted_tables for i in t.indexes]
    assert "TIMESTAMP WITH TIME ZONE" in " ".join(statements)
    assert "BIGSERIAL" in " ".join(statements)
    assert "BYTEA" in " ".join(statements)


def test_the_migrations_are_plain_sql_for_postgresql_too() -> None:
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written, "transactional_ddl": False}
    )
    with Operations.context(context):
        for script in reversed(list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())):
            script.module.upgrade()
    statements = written.getvalue()
    for wanted in (
        "data BYTEA NOT NULL",
        "ALTER TABLE vectors ADD COLUMN source VARCHAR(100)",
        "ALTER TABLE vectors ADD CONSTRAINT fk_vectors_projection FOREIGN KEY(projection) REFERENCES projections",
        "CREATE TABLE taxonomies",
        "ALTER TABLE collections ADD COLUMN taxonomy VARCHAR(100)",
        "ALTER TABLE collections ADD COLUMN label_changes BIGINT DEFAULT '0' NOT NULL",
    ):
        assert wanted in statements


def test_opening_again_changes_nothing(url: str, tmp_path: Path) -> None:
    open_catalog(url).close()
    before = (tmp_path / "catalog.sqlite").read_bytes()
    open_catalog(url).close()
    assert (tmp_path / "catalog.sqlite").read_bytes() == before


def test_a_newer_schema_is_refused_untouched_with_the_remedy(url: str, tmp_path: Path) -> None:
    open_catalog(url).close()
    path = tmp_path / "catalog.sqlite"
    execute(path, "UPDATE alembic_version SET version_num = '9999'; CREATE TABLE future (id INTEGER);")
    with pytest.raises(CatalogError, match=r"schema 9999, newer than .*pip install --upgrade facies"):
        open_catalog(url)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_the_database_of_another_program_is_refused_untouched(url: str, tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    execute(path, "CREATE TABLE wells (name TEXT);")
    with pytest.raises(CatalogError, match=r"is not a catalogue: it holds tables \(wells\)"):
        open_catalog(url)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("wells",)]
    connection.close()


def test_an_empty_file_is_a_fresh_catalogue(url: str, tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").touch()
    catalog = open_catalog(url)
    assert catalog.collections() == []
    catalog.close()


def test_the_catalogue_of_schema_0001_reads_as_it_was_written(url: str, tmp_path: Path) -> None:
    execute(tmp_path / "catalog.sqlite", (DATA / "catalog-0001.sqlite.sql").read_text(encoding="utf-8"))
    catalog = open_catalog(url)

    lite0 = VectorRecord(
        "efficientnet-lite0",
        1280,
        Fingerprint("efficientnet-lite0", "57" * 32, "squash 256, crop 224", "final layer", "torch", "f32"),
    )
    scampi = VectorRecord(
        "scampi-vits16", 384, Fingerprint("scampi-vits16", "ab" * 32, "squash 256, crop 224", "cls", "torch", "f32")
    )
    assert catalog.collections() == [
        CollectionRecord("figures", "figures", datetime(2026, 1, 2, 3, 4, 6, 789000, tzinfo=UTC), (lite0,)),
        CollectionRecord(
            "microfossils", "microfossils", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), (scampi, lite0)
        ),
    ]
    one, two = "00000000-0000-5000-8000-000000000001", "00000000-0000-5000-8000-000000000002"
    three = "00000000-0000-5000-8000-000000000003"
    assert list(catalog.iter_images("microfossils")) == [
        ImageRecord(
            one,
            "11" * 32,
            None,
            "/slides/Åre/azolla 1.jpg",
            640,
            480,
            "JPEG",
            "uint8",
            {"well": "6407/6-5", "depth_m": 1200.5, "slide": 7},
            "azolla",
            "validated",
        ),
        ImageRecord(two, "22" * 32, 0, "s3://slides/stack.tif", 512, 512, "TIFF", "uint16 / 4095", {"depth_m": 1300}),
        ImageRecord(
            three, "22" * 32, 1, "s3://slides/stack.tif", 512, 512, "TIFF", "uint16 / 4095", {}, "spore", "predicted"
        ),
    ]
    assert not any(one.is_derived for record in catalog.collections() for one in record.vectors)
    assert catalog.metadata_fields("microfossils") == {"depth_m": "float", "slide": "integer", "well": "keyword"}
    assert catalog.label_counts("microfossils") == {"azolla": 1, "spore": 1}
    assert [r.page for r in catalog.images_of("microfossils", ["22" * 32])["22" * 32]] == [0, 1]
    assert catalog.count("figures") == 0
    assert (catalog.label_revision("figures"), catalog.label_changes("figures")) == ("0", 0)

    # The event of an image deleted before the file was frozen names it again.
    gone = ImageRecord("00000000-0000-5000-8000-000000000004", "44" * 32, None, "/slides/4.png", 10, 10, "PNG", "uint8")
    catalog.add_images("microfossils", [gone], actor="test")
    assert catalog.image("microfossils", gone.id).label == "bisaccate"
    catalog.close()
