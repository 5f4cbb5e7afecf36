from __future__ import annotations

import pytest

from facies.core.errors import TaxonomyError
from facies.core.taxonomy import Taxon
from facies.core.taxonomy.darwin_core import ReadTaxonomy, read_darwin_core


def read(*rows: dict[str, str]) -> ReadTaxonomy:
    return read_darwin_core(list(enumerate(rows, start=2)), "t", "taxon.txt")


def row(number: int | None, name: str, **terms: str) -> dict[str, str]:
    return {"scientificName": name, **({} if number is None else {"taxonID": str(number)}), **terms}


def test_synonyms_join_their_accepted_name() -> None:
    found = read(
        row(1, "Areoligeraceae", taxonRank="Family", acceptedNameUsageID="1"),
        row(2, "Areoligera", taxonRank="genus", parentNameUsageID="1", taxonomicStatus="accepted"),
        row(3, "Areolygera", taxonRank="genus", acceptedNameUsageID="2", taxonomicStatus="heterotypic synonym"),
        row(4, "Areoligeria", acceptedNameUsageID="3", taxonomicStatus="synonym"),
        row(5, "Areoligera senonensis", taxonRank="species", parentNameUsageID="3"),
    )
    assert found.taxonomy.taxa == (
        Taxon("Areoligeraceae", "family"),
        Taxon("Areoligera", "genus", "Areoligeraceae", synonyms=("Areolygera", "Areoligeria")),
        Taxon("Areoligera senonensis", "species", "Areoligera"),
    )
    assert found.notes == ()


def test_names_serve_where_there_are_no_ids() -> None:
    found = read(
        row(None, "Azollaceae Wettst."),
        row(None, "Azolla Lam.", scientificNameAuthorship="Lam.", parentNameUsage="Azollaceae Wettst."),
        row(None, "Azola", acceptedNameUsage="Azolla Lam."),
        row(None, "Azolla filiculoides", canonicalName="A. filiculoides", parentNameUsage="Azolla"),
    )
    assert found.taxonomy.taxa == (
        Taxon("Azollaceae Wettst."),
        Taxon("Azolla", None, "Azollaceae Wettst.", synonyms=("Azola",)),
        Taxon("A. filiculoides", None, "Azolla"),
    )


def test_the_top_may_be_its_own_parent() -> None:
    assert read(row(1, "Biota", parentNameUsageID="1")).taxonomy.taxa == (Taxon("Biota"),)


def test_other_words_for_ranks_are_known() -> None:
    ranks = ["Division", "varietas", "forma", "unranked", "cohort", ""]
    found = read(*(row(n, f"t{n}", taxonRank=rank) for n, rank in enumerate(ranks)))
    assert [taxon.rank for taxon in found.taxonomy] == ["phylum", "variety", "form", None, None, None]
    assert found.notes == ("took these ranks for none, since facies does not order them: cohort",)


def test_synonyms_that_could_not_be_told_apart_are_left_out_and_noted() -> None:
    found = read(
        row(1, "Aa"),
        row(2, "Bb"),
        row(3, "Cc", acceptedNameUsageID="1"),
        row(4, "cc", acceptedNameUsageID="2"),
        row(5, "Bb", acceptedNameUsageID="1"),
        row(6, "Dd", taxonomicStatus="synonym"),
        row(7, "aa", acceptedNameUsageID="1"),
        row(8, "Ee", acceptedNameUsageID="2"),
        row(9, "EE", acceptedNameUsageID="2"),
    )
    assert found.taxonomy.taxa == (Taxon("Aa"), Taxon("Bb", synonyms=("Ee",)))
    assert found.notes == (
        "left out synonyms without an accepted name: Dd",
        "left out synonyms that are accepted names too: Bb",
        "left out synonyms of several names: Cc",
    )


def test_long_notes_are_cut_short() -> None:
    lost = [row(n, f"s{n}", taxonomicStatus="misapplied") for n in range(8)]
    assert read(row(99, "Aa"), *lost).notes == (
        "left out synonyms without an accepted name: s0, s1, s2, s3, s4 and 3 more",
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no taxa"),
        ([{"taxonID": "1"}], "taxon.txt, line 2 has no scientificName"),
        ([row(1, "a"), row(1, "b")], "the taxonID '1' twice, in lines 2 and 3"),
        ([row(1, "a", parentNameUsageID="7")], "line 2: the parentNameUsage of 'a' is '7', which no row has"),
        ([row(1, "a", acceptedNameUsageID="7")], "line 2: the acceptedNameUsage of 'a' is '7', which no row has"),
        ([row(1, "a", parentNameUsageID="2"), row(2, "b", parentNameUsageID="1")], "a -> b -> a"),
        ([row(1, "a", acceptedNameUsageID="2"), row(2, "b", acceptedNameUsageID="1")], "a -> b -> a"),
        ([row(1, "a", parentNameUsageID="2"), row(2, "b", taxonomicStatus="synonym")], "a synonym of no accepted name"),
        ([row(1, "a"), row(2, "A")], "has the name 'A' twice"),
    ],
)
def test_what_is_no_taxonomy_is_refused(rows: list[dict[str, str]], message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        read(*rows)
    assert message in refused.value.message
