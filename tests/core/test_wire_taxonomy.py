from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from facies.core.errors import TaxonomyError
from facies.core.taxonomy import Span, Taxon
from facies.core.taxonomy.builtin import BUILTIN, builtin_taxonomy
from facies.core.taxonomy.record import record_of
from facies.core.wire_taxonomy import TaxonomySummaryOut, TaxonOut, UseTaxonomyBody, ends_of, span_of

ends = st.one_of(st.none(), st.floats(0, 100))


@given(ends, ends)
def test_ranges_travel_as_pairs(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        with pytest.raises(TaxonomyError):
            span_of((low, high))
        return
    assert ends_of(span_of((low, high))) == (low, high)


def test_no_range_is_null() -> None:
    assert (ends_of(None), span_of(None)) == (None, None)


@pytest.mark.parametrize("name", BUILTIN)
def test_bodies_travel_as_json(name: str) -> None:
    taxonomy = builtin_taxonomy(name)
    for taxon in taxonomy:
        body = TaxonOut.of(taxon)
        assert TaxonOut.model_validate_json(body.model_dump_json()) == body
        assert (body.name, body.parent, body.code) == (taxon.name, taxon.parent, taxon.code)
    summary = TaxonomySummaryOut.of(record_of(taxonomy, None, ("a",)))
    assert TaxonomySummaryOut.model_validate_json(summary.model_dump_json()) == summary


def test_a_taxon_keeps_its_ranges() -> None:
    body = TaxonOut.of(Taxon("a", age_ma=Span(1, None), depth_m=Span(None, 2)))
    assert (body.age_ma, body.depth_m) == ((1, None), (None, 2))


def test_a_body_says_none_aloud() -> None:
    assert UseTaxonomyBody(taxonomy=None).taxonomy is None
    with pytest.raises(ValidationError):
        UseTaxonomyBody.model_validate({})
