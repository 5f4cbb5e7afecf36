"""Named vectors that are computed from others: what must be there for them, and what goes with them."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import text

from facies.core.catalog import Catalog
from facies.core.errors import CatalogError, CollectionNotFoundError, QueryError
from facies.core.records import Fingerprint, ProjectionRecord, VectorRecord

RAW = VectorRecord("raw", 4, Fingerprint("card", "0" * 64, "p", "r", "torch", "f32"))


def projection(number: int, source_dim: int = 4, dim: int = 3) -> ProjectionRecord:
    data = bytes([number, 0, 255]) * 5
    return ProjectionRecord(hashlib.sha256(data).hexdigest(), "whitened by views", source_dim, dim, data)


def derived(name: str, by: ProjectionRecord, source: VectorRecord = RAW) -> VectorRecord:
    print_ = source.fingerprint.projected(by.method, by.digest)
    return VectorRecord(name, by.dim, print_, source=source.name, projection=by.digest)


ONE, TWO = projection(1), projection(2)
FIRST, SECOND = derived("raw-whitened-1", ONE), derived("raw-whitened-2", TWO)


@pytest.fixture
def whitened(catalog: Catalog) -> Catalog:
    """Collection ``c`` with a raw vector and one computed from it, which is the default."""
    catalog.create_collection("c", "generic", [RAW])
    catalog.add_vector("c", FIRST, ONE, default=True)
    return catalog


def kept(catalog: Catalog) -> set[str]:
    with catalog._engine.connect() as connection:
        return set(connection.scalars(text("SELECT digest FROM projections")))


def test_a_derived_vector_comes_with_its_projection_and_as_the_default(whitened: Catalog) -> None:
    record = whitened.collection("c")
    assert record.vectors == (FIRST, RAW)
    assert [one.is_derived for one in record.vectors] == [True, False]
    assert (record.default_vector, record.embedded_vector) == (FIRST, RAW)
    assert whitened.projection(ONE.digest) == ONE
    with pytest.raises(CatalogError, match="no projection 0000"):
        whitened.projection("0" * 64)


def test_one_takes_the_place_of_another_at_once(whitened: Catalog) -> None:
    other = VectorRecord("other", 9, RAW.fingerprint)
    whitened.add_vector("c", other)
    assert whitened.replace_vector("c", FIRST.name, SECOND, TWO).vectors == (SECOND, RAW, other)
    assert kept(whitened) == {TWO.digest}
    assert whitened.replace_vector("c", "other", replace(other, name="b")).vectors[2].name == "b"
    same = replace(SECOND, name="again")
    assert whitened.replace_vector("c", SECOND.name, same).default_vector == same
    assert kept(whitened) == {TWO.digest}


def test_what_cannot_take_a_place_changes_nothing(whitened: Catalog) -> None:
    before = whitened.collection("c")
    with pytest.raises(QueryError, match="raw, raw-whitened-1"):
        whitened.replace_vector("c", "none", SECOND, TWO)
    with pytest.raises(CollectionNotFoundError):
        whitened.replace_vector("none", FIRST.name, SECOND, TWO)
    with pytest.raises(CatalogError, match="has a vector 'raw' already"):
        whitened.replace_vector("c", FIRST.name, replace(SECOND, name="raw"), TWO)
    with pytest.raises(CatalogError, match="'raw' of collection 'c' stays, since raw-whitened-1 is computed from it"):
        whitened.replace_vector("c", "raw", replace(RAW, name="b"))
    with pytest.raises(CatalogError, match=r"needs projection .* there is none"):
        whitened.replace_vector("c", FIRST.name, SECOND)
    assert whitened.collection("c") == before
    assert kept(whitened) == {ONE.digest}


@pytest.mark.parametrize(
    ("wrong", "by"),
    [
        (replace(SECOND, source="none"), TWO),
        (replace(SECOND, source=None), TWO),
        (replace(SECOND, projection=None), TWO),
        (replace(SECOND, source=SECOND.name), TWO),
        (replace(SECOND, dim=4), TWO),
        (derived("wide", projection(3, source_dim=5)), projection(3, source_dim=5)),
        (SECOND, None),
        (SECOND, ONE),
        (replace(SECOND, name=RAW.name), TWO),
    ],
)
def test_a_derived_vector_needs_source_and_projection(
    whitened: Catalog, wrong: VectorRecord, by: ProjectionRecord | None
) -> None:
    with pytest.raises(CatalogError):
        whitened.add_vector("c", wrong, by)
    given = [] if by is None or by == ONE else [by]
    with pytest.raises(CatalogError):
        whitened.create_collection("d", "generic", [RAW, wrong], given)
    assert whitened.collection("c").vectors == (FIRST, RAW)
    assert kept(whitened) == {ONE.digest}


def test_no_two_vectors_are_computed_from_each_other(catalog: Catalog) -> None:
    by = projection(5, dim=4)
    one, other = replace(derived("one", by), source="other"), replace(derived("other", by), source="one")
    with pytest.raises(CatalogError, match="computed from 'other'"):
        catalog.create_collection("c", "generic", [RAW, one, other], [by])
    chain = [derived("far", by, derived("near", by)), derived("near", by), RAW]
    assert catalog.create_collection("c", "generic", chain, [by]).embedded_vector == RAW


def test_a_source_stays_and_what_is_computed_from_it_goes(whitened: Catalog) -> None:
    head = projection(7, source_dim=3, dim=2)
    whitened.add_vector("c", derived("head", head, FIRST), head)
    whitened.set_default_vector("c", "raw")
    record = whitened.collection("c")
    assert [one.name for one in record.derived_from("raw")] == [FIRST.name, "head"]
    assert record.origin_of(record.derived_from("raw")[1]) == RAW
    with pytest.raises(CatalogError, match="'raw-whitened-1' of collection 'c' stays, since head is computed from it"):
        whitened.remove_vector("c", FIRST.name)
    whitened.remove_vector("c", "head")
    assert kept(whitened) == {ONE.digest}
    assert whitened.remove_vector("c", FIRST.name).vectors == (RAW,)
    assert kept(whitened) == set()


def test_a_projection_goes_with_the_last_vector_that_needs_it(whitened: Catalog) -> None:
    whitened.create_collection("d", "generic", [FIRST, RAW], [ONE, TWO])
    assert whitened.collection("d").vectors == (FIRST, RAW)
    assert kept(whitened) == {ONE.digest}, "what no vector needs is not kept"
    whitened.delete_collection("c")
    assert whitened.projection(ONE.digest) == ONE
    whitened.set_default_vector("d", "raw")
    whitened.remove_vector("d", FIRST.name)
    assert kept(whitened) == set()
    whitened.add_vector("d", VectorRecord("plain", 2, RAW.fingerprint), TWO)
    assert kept(whitened) == set()
    whitened.add_vector("d", SECOND, TWO)
    whitened.delete_collection("d")
    assert kept(whitened) == set()
