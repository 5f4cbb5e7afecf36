from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import QueryError, UnknownTaxonError
from facies.core.taxonomy import Span, Taxon, Taxonomy
from facies.core.taxonomy.masks import Hidden, mask

CLASSES = ("Areoligera", "wetzeliella articulata", "Apectodinium", "folds", "quartz")


def test_a_list_keeps_what_belongs_to_it(dinocysts: Taxonomy) -> None:
    found = mask(CLASSES, dinocysts, allowed=["wetzeliellaceae", "folds"])
    assert found.kept == ("wetzeliella articulata", "Apectodinium", "folds")
    assert found.hidden == (
        Hidden("Areoligera", "it belongs to none of Wetzeliellaceae, folds"),
        Hidden("quartz", "it is no taxon of dinocysts"),
    )


def test_an_age_hides_what_did_not_live_then(dinocysts: Taxonomy) -> None:
    found = mask(CLASSES, dinocysts, age=Span(58, 70))
    assert found.kept == ("Areoligera", "Apectodinium", "folds", "quartz")
    assert found.hidden == (
        Hidden("wetzeliella articulata", "the age of Wetzeliellaceae is 27.8 to 57 Ma, outside 58 to 70 Ma"),
    )


def test_a_depth_hides_what_lies_elsewhere(dinocysts: Taxonomy) -> None:
    found = mask(CLASSES, dinocysts, depth=Span(0, 1499))
    assert found.hidden == (
        Hidden("Apectodinium", "the depth of Apectodinium is 1500 and more m, outside 0 to 1499 m"),
    )
    assert mask(CLASSES, dinocysts, depth=Span(0, 1500)).hidden == ()


def test_without_a_mask_everything_is_kept(dinocysts: Taxonomy) -> None:
    assert mask(CLASSES, dinocysts).kept == CLASSES


def test_a_mask_that_hides_all_is_refused(dinocysts: Taxonomy) -> None:
    with pytest.raises(QueryError, match=r"hides all 1 classes.*'Areoligera': the age of Areoligera is 50 to 80"):
        mask(["Areoligera"], dinocysts, age=Span(0, 10))
    assert mask([], dinocysts, age=Span(0, 10)).kept == ()


def test_a_list_of_unknown_taxa_is_refused(dinocysts: Taxonomy) -> None:
    with pytest.raises(UnknownTaxonError, match="Did you mean 'Areoligera'"):
        mask(CLASSES, dinocysts, allowed=["Areoligra"])


@given(st.sets(st.sampled_from(["a", "b", "c", "d"]), min_size=1))
def test_masks_part_the_classes(allowed: set[str]) -> None:
    taxonomy = Taxonomy("t", "t", (Taxon("a"), Taxon("b", parent="a"), Taxon("c", parent="b"), Taxon("d")))
    found = mask(["d", "c", "b", "a"], taxonomy, allowed=allowed)
    assert sorted([*found.kept, *(one.label for one in found.hidden)]) == ["a", "b", "c", "d"]
    assert set(found.kept) == {
        taxon.name for taxon in taxonomy if any(taxonomy.belongs_to(taxon.name, above) for above in allowed)
    }
