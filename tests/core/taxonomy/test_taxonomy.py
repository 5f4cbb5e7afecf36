from __future__ import annotations

import dataclasses

import pytest

from facies.core.errors import TaxonomyError, UnknownTaxonError
from facies.core.taxonomy import Resolution, Suggestion, Taxon, Taxonomy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Areoligera", Resolution("Areoligera", "name")),
        ("  areoLIGERA ", Resolution("Areoligera", "spelling")),
        ("wetzeliella  ARTICULATA", Resolution("Wetzeliella articulata", "spelling")),
        ("wet", Resolution("Wetzeliella", "code")),
        ("Areolygera", Resolution("Areoligera", "synonym")),
        ("w. artic", Resolution("Wetzeliella articulata", "synonym")),
        ("Areoligra", None),
        ("", None),
    ],
)
def test_a_text_is_a_name_a_spelling_a_code_or_a_synonym(
    dinocysts: Taxonomy, text: str, found: Resolution | None
) -> None:
    assert dinocysts.find(text) == found


def test_every_text_of_every_taxon_resolves_to_it(dinocysts: Taxonomy) -> None:
    for taxon in dinocysts:
        for text in (taxon.name, taxon.code, *taxon.synonyms):
            assert text is None or dinocysts.resolve(text.upper()) == taxon.name


def test_an_unknown_name_is_refused_with_what_it_may_mean(dinocysts: Taxonomy) -> None:
    with pytest.raises(UnknownTaxonError) as refused:
        dinocysts.resolve("Areoligra")
    assert "'Areoligra' is no taxon of the taxonomy 'dinocysts'. Did you mean 'Areoligera'?" in refused.value.message
    with pytest.raises(UnknownTaxonError, match="No name in it is spelt like this"):
        dinocysts.resolve("Pinus")


def test_suggestions_go_by_distance_and_name_each_taxon_once(dinocysts: Taxonomy) -> None:
    assert dinocysts.suggest("Areoligyra") == [Suggestion("Areoligera", 1, "areoligera")]
    assert dinocysts.suggest("Wetzelia articulato") == [Suggestion("Wetzeliella articulata", 1, "wetzelia articulata")]
    assert dinocysts.suggest("WEP") == [Suggestion("Wetzeliella", 1, "wet")]
    assert dinocysts.suggest("Areoligyra", n=0) == []


def test_a_lineage_leads_from_the_taxon_to_the_top(dinocysts: Taxonomy) -> None:
    line = [taxon.name for taxon in dinocysts.lineage("Wetzeliella articulata")]
    assert line == ["Wetzeliella articulata", "Wetzeliella", "Wetzeliellaceae", "Peridiniales"]
    assert [taxon.name for taxon in dinocysts.lineage("folds")] == ["folds"]
    with pytest.raises(UnknownTaxonError):
        dinocysts.lineage("wet")


def test_children_and_parents_are_the_same_relation(dinocysts: Taxonomy) -> None:
    pairs = {(taxon.parent, taxon.name) for taxon in dinocysts}
    parents = [None, *(taxon.name for taxon in dinocysts)]
    assert {(parent, child) for parent in parents for child in dinocysts.children(parent)} == pairs
    with pytest.raises(UnknownTaxonError):
        dinocysts.children("nothing")


@pytest.mark.parametrize(
    ("name", "rank", "expected"),
    [
        ("Wetzeliella articulata", "species", "Wetzeliella articulata"),
        ("Wetzeliella articulata", "family", "Wetzeliellaceae"),
        ("Areoligera", "family", None),
        ("Areoligera", "species", None),
        ("folds", "genus", None),
    ],
)
def test_the_taxon_at_a_rank(dinocysts: Taxonomy, name: str, rank: str, expected: str | None) -> None:
    assert dinocysts.at_rank(name, rank) == expected


def test_a_rank_that_is_none_is_refused(dinocysts: Taxonomy) -> None:
    with pytest.raises(TaxonomyError, match="'sort' is no rank, expected one of"):
        dinocysts.at_rank("folds", "sort")


def test_belonging_is_what_lineages_say(dinocysts: Taxonomy) -> None:
    for taxon in dinocysts:
        above = {one.name for one in dinocysts.lineage(taxon.name)}
        assert {one.name for one in dinocysts if dinocysts.belongs_to(taxon.name, one.name)} == above


def test_it_holds_its_taxa_in_their_order_and_never_changes(dinocysts: Taxonomy) -> None:
    assert len(dinocysts) == 8
    assert list(dinocysts) == list(dinocysts.taxa)
    assert "Areoligera" in dinocysts
    assert "areoligera" not in dinocysts
    with pytest.raises(dataclasses.FrozenInstanceError):
        dinocysts.__setattr__("name", "other")
    assert dinocysts == dataclasses.replace(dinocysts)
    assert dinocysts != dataclasses.replace(dinocysts, taxa=dinocysts.taxa[:1])


def test_a_taxonomy_needs_a_name_and_sound_taxa() -> None:
    with pytest.raises(TaxonomyError, match="no name"):
        Taxonomy(" ", "title", (Taxon("a"),))
    with pytest.raises(TaxonomyError, match="circle"):
        Taxonomy("t", "title", (Taxon("a", parent="a"),))
