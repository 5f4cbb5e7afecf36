"""Named vectors that come to a collection later, and which of them is the default."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.catalog import Catalog
from facies.core.errors import CatalogError, CollectionNotFoundError, QueryError
from facies.core.records import Fingerprint, ImageRecord, VectorRecord


def vector(name: str, dim: int = 4) -> VectorRecord:
    return VectorRecord(name, dim, Fingerprint(f"card-{name}", "0" * 64, "p", "r", "torch", "f32"))


@pytest.fixture
def three(catalog: Catalog) -> Catalog:
    catalog.create_collection("c", "generic", [vector("a")])
    catalog.create_collection("other", "generic", [vector("a")])
    catalog.add_vector("c", vector("b", 7))
    catalog.add_vector("c", vector("d", 2))
    return catalog


def names(catalog: Catalog, collection: str = "c") -> list[str]:
    return [one.name for one in catalog.collection(collection).vectors]


def test_a_vector_comes_behind_those_that_are_there(three: Catalog) -> None:
    assert three.collection("c").vectors == (vector("a"), vector("b", 7), vector("d", 2))
    assert names(three, "other") == ["a"]


def test_a_vector_comes_once(three: Catalog) -> None:
    with pytest.raises(CatalogError, match="has a vector 'b' already"):
        three.add_vector("c", vector("b"))
    with pytest.raises(CollectionNotFoundError):
        three.add_vector("none", vector("b"))
    assert names(three) == ["a", "b", "d"]


@pytest.mark.parametrize(("first", "order"), [("a", ["a", "b", "d"]), ("b", ["b", "a", "d"]), ("d", ["d", "a", "b"])])
def test_the_default_comes_first_and_the_others_keep_their_order(three: Catalog, first: str, order: list[str]) -> None:
    record = three.set_default_vector("c", first)
    assert record.default_vector.name == first
    assert names(three) == order
    assert names(three, "other") == ["a"]
    three.add_vector("c", vector("e"))
    assert names(three) == [*order, "e"]


def test_only_a_vector_that_is_there_becomes_the_default(three: Catalog) -> None:
    with pytest.raises(QueryError, match="a, b, d"):
        three.set_default_vector("c", "x")
    with pytest.raises(CollectionNotFoundError):
        three.set_default_vector("none", "a")
    assert names(three) == ["a", "b", "d"]


@pytest.mark.parametrize(("gone", "order"), [("b", ["a", "d"]), ("d", ["a", "b"])])
def test_a_vector_goes_and_the_others_keep_their_order(three: Catalog, gone: str, order: list[str]) -> None:
    assert [one.name for one in three.remove_vector("c", gone).vectors] == order
    three.add_vector("c", vector(gone, 9))
    assert three.collection("c").vectors[-1] == vector(gone, 9)
    assert names(three) == [*order, gone]
    assert names(three, "other") == ["a"]


def test_the_default_vector_stays(three: Catalog) -> None:
    with pytest.raises(CatalogError, match="'a' is the default vector of collection 'c'"):
        three.remove_vector("c", "a")
    with pytest.raises(QueryError, match="a, b, d"):
        three.remove_vector("c", "x")
    with pytest.raises(CollectionNotFoundError):
        three.remove_vector("none", "a")
    assert names(three) == ["a", "b", "d"]


def test_uris_move_by_whole_folders(three: Catalog) -> None:
    uris = ["/Data/up/x.png", "/data/up/x.png", "/data/upper/x.png", "s3://data/up/x", "/data/up_/100%.png"]
    for i, uri in enumerate(uris):
        for collection in ("c", "other"):
            record = ImageRecord(f"{i:08d}-0000-5000-8000-000000000000", f"{i:064d}", None, uri, 1, 1, "PNG", "uint8")
            three.add_images(collection, [record], actor="t")
    assert three.move_uris("/data/up", "/new place/up") == 2
    expected = ["/Data/up/x.png", "/new place/up/x.png", *uris[2:]]
    for collection in ("c", "other"):
        assert [record.uri for record in three.iter_images(collection)] == expected
    assert three.move_uris(str(Path("/nowhere")), "/else") == 0
