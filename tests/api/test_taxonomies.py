from __future__ import annotations

import pytest

from facies.api.collections import describe_collection, list_collections
from facies.api.service import Service
from facies.api.taxonomies import (
    check_labels,
    export_taxonomy,
    import_taxonomy,
    list_taxonomies,
    merge_labels,
    resolve_text,
    show_taxonomy,
    taxonomy_of,
    use_taxonomy,
)
from facies.core.actors import Actor
from facies.core.errors import TaxonomyConflictError, TaxonomyError, TaxonomyNotFoundError
from facies.core.taxonomy.builtin import BUILTIN
from facies.core.wire_taxonomy import CollectionTaxonomyOut, MergeLabelsBody, TaxonOut

TABLE = b"# title: figures\nname,code,synonyms,age_min_ma\nwell log,LOG,well_log,\nbar chart,BAR,,12.5\nshale,,,\n"


def test_a_taxonomy_comes_is_shown_and_goes(service: Service) -> None:
    catalog = service.workspace.catalog
    made = import_taxonomy(catalog, "figures.csv", lambda: TABLE)
    assert (made.taxonomy.name, made.taxonomy.title, made.taxonomy.taxa, made.notes) == ("figures", "figures", 3, [])
    assert [one.name for one in list_taxonomies(catalog)] == sorted([*BUILTIN, "figures"])
    shown = show_taxonomy(catalog, "figures")
    assert shown.taxa[1] == TaxonOut(
        name="bar chart", rank=None, parent=None, code="BAR", synonyms=[], age_ma=(12.5, None)
    )
    again = import_taxonomy(catalog, "x.csv", lambda: export_taxonomy(catalog, "figures").encode(), name="again")
    assert show_taxonomy(catalog, "again").taxa == shown.taxa
    assert again.taxonomy.title == "figures"
    with pytest.raises(TaxonomyConflictError):
        import_taxonomy(catalog, "figures.csv", lambda: TABLE)
    assert import_taxonomy(catalog, "figures.csv", lambda: b"name\na\n", replace=True).taxonomy.taxa == 1


def test_what_an_import_leaves_out_is_said(service: Service) -> None:
    table = b"scientificName,taxonomicStatus\nAa,\nBb,synonym\n"
    made = import_taxonomy(service.workspace.catalog, "dwc.csv", lambda: table, title="two names")
    assert made.taxonomy.title == "two names"
    assert made.notes == ["left out synonyms without an accepted name: Bb"]


def test_a_text_is_resolved_or_has_suggestions(service: Service) -> None:
    catalog = service.workspace.catalog
    found = resolve_text(catalog, "scampi-20", "AZOLLA", 3)
    assert (found.name, found.by, found.lineage) == ("azolla", "spelling", ["azolla", "spores", "spores and pollen"])
    guessed = resolve_text(catalog, "scampi-20", "areoligra", 3)
    assert (guessed.name, guessed.by, guessed.lineage) == (None, None, [])
    assert [(one.name, one.distance) for one in guessed.suggestions] == [("areoligera", 1)]
    assert resolve_text(catalog, "scampi-20", "areoligra", 0).suggestions == []
    with pytest.raises(TaxonomyError, match="51 suggestions are asked for, expected 0 to 50"):
        resolve_text(catalog, "scampi-20", "x", 51)
    with pytest.raises(TaxonomyNotFoundError):
        resolve_text(catalog, "none", "x", 3)


def test_a_collection_uses_it_and_its_labels_are_merged(filled: Service) -> None:
    catalog = filled.workspace.catalog
    import_taxonomy(catalog, "figures.csv", lambda: TABLE)
    assert taxonomy_of(catalog, "g") == CollectionTaxonomyOut(collection="g", taxonomy=None)
    assert use_taxonomy(catalog, "g", "figures") == taxonomy_of(catalog, "g")
    kinds = {match.label: (match.kind, match.name) for match in check_labels(catalog, "g").labels}
    assert kinds == {
        "well_log": ("synonym", "well log"),
        "bar_chart": ("misspelling", None),
        "laminated_shale": ("unknown", None),
        "seismic_section": ("unknown", None),
    }
    body = MergeLabelsBody(pairs={"bar_chart": "bar"}, settled=True)
    merged = merge_labels(filled.workspace, "g", body, Actor("Ann"))
    assert (merged.collection, merged.taxonomy, merged.images) == ("g", "figures", 12)
    assert merged.merged == {"well_log": "well log", "bar_chart": "bar chart"}
    assert catalog.label_counts("g") == {"bar chart": 6, "laminated_shale": 6, "seismic_section": 6, "well log": 6}


def test_a_collection_says_which_one_it_uses(filled: Service) -> None:
    assert describe_collection(filled, "g").taxonomy is None
    use_taxonomy(filled.workspace.catalog, "g", "geoimages-57")
    assert describe_collection(filled, "g").taxonomy == "geoimages-57"
    assert [one.taxonomy for one in list_collections(filled)] == ["geoimages-57"]
