"""Every method of the local way against the same one over HTTP, on the same data."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import httpx
import pytest

from facies.api.local_taxonomy import LocalTaxonomy, Taxonomies
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    CollectionNotFoundError,
    FaciesError,
    QueryError,
    TaxonomyConflictError,
    TaxonomyError,
    TaxonomyNotFoundError,
    UnknownTaxonError,
)
from facies.core.taxonomy_client import TaxonomyClient
from facies.core.wire_taxonomy import MergeLabelsBody

TABLE = "# title: Abbildungen für Åse\nname,synonyms\nwell log,well_log\nbar_chart,\n".encode()


@pytest.fixture
def remote(http: httpx.Client) -> Iterator[Taxonomies]:
    with Client(str(http.base_url)) as client:
        yield client.taxonomy


@pytest.fixture
def local(filled: Service) -> Taxonomies:
    return LocalTaxonomy(filled)


def test_both_ways_read_the_same(local: Taxonomies, remote: Taxonomies) -> None:
    local.import_taxonomy(("figures.csv", TABLE))
    assert remote.use_taxonomy("g", "figures") == local.taxonomy_of("g")
    assert remote.taxonomies() == local.taxonomies()
    assert remote.taxonomy("figures") == local.taxonomy("figures")
    assert remote.table("figures") == local.table("figures")
    assert remote.taxonomy_of("g") == local.taxonomy_of("g")
    assert remote.resolve("figures", "Well  LOG", 1) == local.resolve("figures", "Well  LOG", 1)
    assert remote.resolve("scampi-20", "areoligra") == local.resolve("scampi-20", "areoligra")
    assert remote.check_labels("g") == local.check_labels("g")


@pytest.mark.parametrize("way", ["local", "remote"])
def test_both_ways_bring_use_merge_and_delete(way: str, request: pytest.FixtureRequest, filled: Service) -> None:
    backend: Taxonomies = request.getfixturevalue(way)
    made = backend.import_taxonomy(("figures.csv", TABLE), name="mine")
    assert (made.taxonomy.name, made.taxonomy.title) == ("mine", "Abbildungen für Åse")
    assert backend.import_taxonomy(("figures.csv", TABLE), name="mine", replace=True).taxonomy.taxa == 2
    assert backend.use_taxonomy("g", "mine").taxonomy == "mine"
    merged = backend.merge_labels("g", MergeLabelsBody(pairs={"laminated_shale": "bar_chart"}, settled=True))
    assert (merged.images, merged.merged) == (12, {"well_log": "well log", "laminated_shale": "bar_chart"})
    assert merged.batch is not None
    assert filled.workspace.catalog.label_batch("g", merged.batch).source == "person"
    assert filled.workspace.catalog.label_counts("g")["well log"] == 6
    assert backend.use_taxonomy("g", None).taxonomy is None
    backend.delete_taxonomy("mine")
    assert "mine" not in {one.name for one in backend.taxonomies()}


@pytest.mark.parametrize("way", ["local", "remote"])
def test_both_ways_refuse_in_the_same_words(way: str, request: pytest.FixtureRequest) -> None:
    backend: Taxonomies = request.getfixturevalue(way)

    def check(kind: type[FaciesError], message: str, call: str, *arguments: object, **more: object) -> None:
        with pytest.raises(kind, match=message) as refused:
            getattr(backend, call)(*arguments, **more)
        assert type(refused.value) is kind

    check(TaxonomyNotFoundError, "no taxonomy 'x'", "taxonomy", "x")
    check(TaxonomyNotFoundError, "no taxonomy 'x'", "table", "x")
    check(TaxonomyNotFoundError, "no taxonomy 'x'", "delete_taxonomy", "x")
    check(TaxonomyNotFoundError, "no taxonomy 'x'", "use_taxonomy", "g", "x")
    check(CollectionNotFoundError, "no collection 'x'", "use_taxonomy", "x", None)
    check(TaxonomyNotFoundError, "uses no taxonomy", "check_labels", "g")
    check(TaxonomyNotFoundError, "uses no taxonomy", "merge_labels", "g", MergeLabelsBody(settled=True))
    check(TaxonomyConflictError, "comes with facies", "delete_taxonomy", "scampi-20")
    check(TaxonomyConflictError, "comes with facies", "import_taxonomy", ("scampi-20.csv", TABLE))
    check(TaxonomyError, "circle: a -> b -> a", "import_taxonomy", ("t.csv", b"name,parent\na,b\nb,a\n"))
    check(TaxonomyError, r"t\.csv is empty", "import_taxonomy", ("t.csv", b""))
    check(TaxonomyError, "cannot name a taxonomy", "import_taxonomy", ("t.csv", TABLE), name="A b")
    backend.use_taxonomy("g", "scampi-20")
    check(UnknownTaxonError, "Did you mean 'azolla'", "merge_labels", "g", MergeLabelsBody(pairs={"well_log": "azola"}))
    check(QueryError, "has the label 'x'", "merge_labels", "g", MergeLabelsBody(pairs={"x": "azolla"}))


def methods(kind: type) -> dict[str, list[str]]:
    return {
        name: list(inspect.signature(method).parameters)
        for name, method in inspect.getmembers(kind, inspect.isfunction)
        if not name.startswith("_")
    }


@pytest.mark.parametrize("kind", [LocalTaxonomy, TaxonomyClient])
def test_both_ways_have_the_same_methods(kind: type) -> None:
    assert methods(kind) == methods(Taxonomies)
