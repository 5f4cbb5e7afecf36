"""The transactions of the catalogue: errors of the database leave as those of facies."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from facies.core.catalog import Catalog
from facies.core.errors import CatalogError
from facies.core.records import Label, LabelBatch

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
