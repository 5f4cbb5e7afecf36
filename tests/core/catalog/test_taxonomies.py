from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from facies.core.catalog import Catalog, open_catalog
from facies.core.errors import CollectionNotFoundError, TaxonomyConflictError, TaxonomyNotFoundError
from facies.core.records import VectorRecord
from facies.core.taxonomy import Span, Taxon, Taxonomy
from facies.core.taxonomy.builtin import BUILTIN, builtin_taxonomy

FOSSILS = Taxonomy(
    "fossils",
    "some fossils",
    (
        Taxon("Peridiniales", "order"),
        Taxon("Åsgårdia", "genus", "Peridiniales", "ASG", ("Aasgaardia", "A, g"), Span(33.9, 56.0), Span(None, 1200)),
    ),
    source="fossils.csv",
    licence="CC0",
)


def test_what_was_stored_is_read_again(catalog: Catalog, any_url: str) -> None:
    before = datetime.now(UTC)
    record = catalog.add_taxonomy(FOSSILS)
    assert record.imported_at is not None
    assert before <= record.imported_at <= before + timedelta(minutes=1)
    again = open_catalog(any_url)
    assert again.taxonomy("fossils") == FOSSILS
    assert record in again.taxonomies()
    again.close()


def test_those_that_come_with_facies_are_always_there(catalog: Catalog) -> None:
    assert [record.name for record in catalog.taxonomies()] == sorted(BUILTIN)
    assert all(record.is_builtin and record.collections == () for record in catalog.taxonomies())
    catalog.add_taxonomy(FOSSILS)
    assert [record.name for record in catalog.taxonomies()] == sorted([*BUILTIN, "fossils"])
    assert catalog.taxonomy("scampi-20") is builtin_taxonomy("scampi-20")


def test_a_collection_uses_one_or_none(catalog: Catalog, vector: VectorRecord) -> None:
    catalog.add_taxonomy(FOSSILS)
    assert catalog.collection("microfossils").taxonomy is None
    assert catalog.taxonomy_of("microfossils") is None
    for name in ("fossils", "scampi-20"):
        catalog.use_taxonomy("microfossils", name)
        assert catalog.collection("microfossils").taxonomy == name
        assert catalog.taxonomy_of("microfossils") == catalog.taxonomy(name)
        assert {one.name: one.collections for one in catalog.taxonomies()}[name] == ("microfossils",)
    catalog.create_collection("figures", "figures", [vector])
    catalog.use_taxonomy("figures", "scampi-20")
    assert {one.name: one.collections for one in catalog.taxonomies()} == {
        "fossils": (),
        "geoimages-57": (),
        "intel-scenes": (),
        "scampi-20": ("figures", "microfossils"),
    }
    assert [one.taxonomy for one in catalog.collections()] == ["scampi-20", "scampi-20"]
    catalog.use_taxonomy("microfossils", None)
    assert catalog.taxonomy_of("microfossils") is None


def test_a_name_is_taken_once_unless_it_is_replaced(catalog: Catalog) -> None:
    catalog.add_taxonomy(FOSSILS)
    catalog.use_taxonomy("microfossils", "fossils")
    other = Taxonomy("fossils", "fewer", (Taxon("Azolla"),))
    with pytest.raises(TaxonomyConflictError, match=r"'fossils' already, imported on .* UTC; replace it"):
        catalog.add_taxonomy(other)
    assert catalog.taxonomy("fossils") == FOSSILS
    assert catalog.add_taxonomy(other, replace=True).collections == ("microfossils",)
    assert catalog.taxonomy_of("microfossils") == other


@pytest.mark.parametrize("replace", [False, True])
def test_what_comes_with_facies_is_neither_replaced_nor_deleted(catalog: Catalog, replace: bool) -> None:
    with pytest.raises(TaxonomyConflictError, match="comes with facies and is never replaced"):
        catalog.add_taxonomy(Taxonomy("scampi-20", "mine", (Taxon("Azolla"),)), replace=replace)
    with pytest.raises(TaxonomyConflictError, match="comes with facies and cannot be deleted"):
        catalog.delete_taxonomy("scampi-20")


def test_what_is_used_is_not_deleted(catalog: Catalog) -> None:
    catalog.add_taxonomy(FOSSILS)
    catalog.use_taxonomy("microfossils", "fossils")
    with pytest.raises(TaxonomyConflictError, match=r"is used by microfossils.*`--none`"):
        catalog.delete_taxonomy("fossils")
    catalog.use_taxonomy("microfossils", None)
    catalog.delete_taxonomy("fossils")
    assert [record.name for record in catalog.taxonomies()] == sorted(BUILTIN)


def test_a_deleted_collection_lets_go_of_its_taxonomy(catalog: Catalog) -> None:
    catalog.add_taxonomy(FOSSILS)
    catalog.use_taxonomy("microfossils", "fossils")
    catalog.delete_collection("microfossils")
    catalog.delete_taxonomy("fossils")


def test_unknown_names_are_refused_with_those_that_there_are(catalog: Catalog) -> None:
    catalog.add_taxonomy(FOSSILS)
    known = r"no taxonomy 'x'\. There are: fossils, geoimages-57, intel-scenes, scampi-20\."
    with pytest.raises(TaxonomyNotFoundError, match=known):
        catalog.taxonomy("x")
    with pytest.raises(TaxonomyNotFoundError, match=known):
        catalog.delete_taxonomy("x")
    with pytest.raises(TaxonomyNotFoundError, match=known):
        catalog.use_taxonomy("microfossils", "x")
    assert catalog.collection("microfossils").taxonomy is None
    for name in ("fossils", None):
        with pytest.raises(CollectionNotFoundError):
            catalog.use_taxonomy("x", name)
    with pytest.raises(CollectionNotFoundError):
        catalog.taxonomy_of("x")


def test_two_that_add_one_name_at_once_do_not_both_succeed(catalog: Catalog, any_url: str) -> None:
    outcomes: list[str] = []
    ready = threading.Barrier(4)

    def add(number: int) -> None:
        mine = open_catalog(any_url)
        ready.wait()
        try:
            mine.add_taxonomy(Taxonomy("fossils", f"of thread {number}", (Taxon("Azolla"),)))
            outcomes.append(f"of thread {number}")
        except TaxonomyConflictError:
            outcomes.append("refused")
        finally:
            mine.close()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("refused") == 3
    assert catalog.taxonomy("fossils").title in outcomes
