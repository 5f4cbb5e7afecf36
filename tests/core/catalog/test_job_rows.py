"""Rows of jobs that this facies cannot read."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from facies.core.catalog import Catalog
from facies.core.errors import CatalogError
from facies.core.jobs import JobOrder


@pytest.mark.parametrize("change", ["state = 'paused'", "needs = 'tpu'"])
def test_a_word_of_a_newer_facies_is_told(catalog: Catalog, change: str) -> None:
    catalog.add_job(JobOrder(id="a", kind="index"))
    with catalog._writing() as connection:
        connection.execute(text(f"UPDATE jobs SET {change}"))  # noqa: S608 (words of this test)
    with pytest.raises(CatalogError, match="which this facies does not know"):
        catalog.job("a")


def test_an_id_is_there_once(catalog: Catalog) -> None:
    catalog.add_job(JobOrder(id="a", kind="index"))
    with pytest.raises(CatalogError):
        catalog.add_job(JobOrder(id="a", kind="index"))
    assert len(catalog.jobs()) == 1
