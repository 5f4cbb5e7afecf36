"""The transactions of the catalogue: errors of the database leave as those of facies."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from sqlalchemy import text

from facies.core.catalog import Catalog, engine, open_catalog
from facies.core.errors import CatalogError
from facies.core.records import Label, LabelBatch, VectorRecord

NAME = "microfossils"


def test_what_goes_wrong_inside_changes_nothing(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="refused an operation"):
        change_and_fail(catalog)
    assert catalog.collection(NAME).preset == "microfossils"


def change_and_fail(catalog: Catalog) -> None:
    with catalog._writing() as connection:
        connection.execute(text("UPDATE collections SET preset = 'changed'"))
        connection.execute(text("SELECT * FROM nowhere"))


def test_a_closed_catalogue_says_so(catalog: Catalog) -> None:
    catalog.close()
    with pytest.raises(CatalogError, match="is closed"):
        catalog.label_images(NAME, {"x": Label("a", "validated")}, LabelBatch("person", "ann"))


def test_a_writer_that_stands_still_keeps_nobody_from_writing(
    postgres_url: str, vector: VectorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_FROZEN_AFTER_S", 1)
    with closing(open_catalog(postgres_url)) as frozen, closing(open_catalog(postgres_url)) as other:
        frozen.create_collection(NAME, "microfossils", [vector])
        with pytest.raises(CatalogError, match="refused an operation"):
            write_while_frozen(frozen, other)
        assert other.collection(NAME).preset == "other"
        write(frozen, "again")  # by a new connection
        assert other.collection(NAME).preset == "again"


def write_while_frozen(frozen: Catalog, other: Catalog) -> None:
    with frozen._writing() as connection:
        connection.execute(text("UPDATE collections SET preset = 'lost'"))
        write(other, "other")  # waits until the server has ended the transaction around it
        connection.execute(text("UPDATE collections SET preset = 'lost'"))


def write(catalog: Catalog, preset: str) -> None:
    with catalog._writing() as connection:
        connection.execute(text("UPDATE collections SET preset = :preset"), {"preset": preset})


def test_a_reader_may_take_its_time(postgres_url: str, vector: VectorRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_FROZEN_AFTER_S", 1)
    with closing(open_catalog(postgres_url)) as catalog:
        catalog.create_collection(NAME, "microfossils", [vector])
        with catalog._reading(NAME) as connection:
            time.sleep(1.5)
            assert connection.scalar(text("SELECT preset FROM collections")) == "microfossils"
