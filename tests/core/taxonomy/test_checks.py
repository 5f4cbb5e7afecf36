from __future__ import annotations

import pytest

from facies.core.errors import TaxonomyError
from facies.core.taxonomy import Taxon
from facies.core.taxonomy.checks import check_taxa


@pytest.mark.parametrize(
    ("taxa", "message"),
    [
        ([], "has no taxa"),
        ([Taxon("")], "the name ''"),
        ([Taxon(" a")], "without spaces at its ends"),
        ([Taxon("a", code="x  y")], "the code 'x  y'"),
        ([Taxon("a", synonyms=("b ",))], "the synonym 'b '"),
        ([Taxon("Azolla"), Taxon("azolla")], "has the name 'azolla' twice"),
        ([Taxon("a", code="X"), Taxon("b", code="x")], "'x', a code of 'b', is a code of 'a' too"),
        ([Taxon("a"), Taxon("b", code="A")], "'A', a code of 'b', is itself a name"),
        ([Taxon("a"), Taxon("b", synonyms=("A",))], "'A', a synonym of 'b', is itself a name"),
        ([Taxon("b", synonyms=("A",)), Taxon("a")], "'A', a synonym of 'b', is itself a name"),
        ([Taxon("a", synonyms=("c",)), Taxon("b", synonyms=("C",))], "'C', a synonym of 'b', is a synonym of 'a' too"),
        ([Taxon("a", synonyms=("c",)), Taxon("b", code="c")], "'c', a synonym of 'a', is a code of 'b' too"),
        ([Taxon("a", parent="b")], "parent of 'a' is 'b', which is no name in it"),
        ([Taxon("a", parent="B"), Taxon("b")], "did you mean the accepted name 'b'"),
        ([Taxon("a", parent="c"), Taxon("b", synonyms=("c",))], "did you mean the accepted name 'b'"),
        ([Taxon("a", parent="a")], "a -> a"),
        ([Taxon("a", parent="b"), Taxon("b", parent="c"), Taxon("c", parent="b")], "b -> c -> b"),
        ([Taxon("a", rank="sort")], "'a' has the rank 'sort', expected one of group, domain"),
        ([Taxon("a", "genus"), Taxon("b", "family", "a")], "'b' is a family below 'a', a genus"),
        ([Taxon("a", "genus"), Taxon("b", None, "a"), Taxon("c", "genus", "b")], "'c' is a genus below 'a', a genus"),
    ],
)
def test_what_makes_no_taxonomy_is_refused(taxa: list[Taxon], message: str) -> None:
    with pytest.raises(TaxonomyError) as refused:
        check_taxa("t", taxa)
    assert message in refused.value.message
    assert "'t'" in refused.value.message


def test_a_taxon_may_repeat_itself() -> None:
    names = check_taxa("t", [Taxon("Azolla", code="azolla", synonyms=("AZOLLA", "Azola", "azola"))])
    assert names == {"azolla": ("Azolla", "name"), "azola": ("Azolla", "synonym")}


def test_groups_hold_groups_and_everything_else() -> None:
    taxa = [
        Taxon("spores and pollen", "group"),
        Taxon("pollen", "group", "spores and pollen"),
        Taxon("Pinus", "genus", "pollen"),
    ]
    assert len(check_taxa("t", taxa)) == 3


def test_a_long_line_of_parents_is_no_circle() -> None:
    taxa = [Taxon("0"), *(Taxon(str(n), parent=str(n - 1)) for n in range(1, 5000))]
    assert len(check_taxa("t", taxa)) == 5000


@pytest.mark.parametrize("name", ["x" * 256, "a\x1b[31md", "a\x00b"])
def test_names_that_no_label_can_be_are_refused(name: str) -> None:
    with pytest.raises(TaxonomyError, match="at most 255, and no control characters"):
        check_taxa("mine", [Taxon(name)])
