"""A small taxonomy whose ages, codes and synonyms differ enough to tell everything apart."""

from __future__ import annotations

import pytest

from facies.core.taxonomy import Span, Taxon, Taxonomy


@pytest.fixture
def dinocysts() -> Taxonomy:
    return Taxonomy(
        "dinocysts",
        "a few dinoflagellate cysts",
        (
            Taxon("Peridiniales", "order"),
            Taxon("Wetzeliellaceae", "family", "Peridiniales", age_ma=Span(27.8, 57)),
            Taxon("Wetzeliella", "genus", "Wetzeliellaceae", "WET"),
            Taxon("Wetzeliella articulata", "species", "Wetzeliella", synonyms=("Wetzelia articulata", "W. artic")),
            Taxon("Apectodinium", "genus", "Wetzeliellaceae", "APE", age_ma=Span(53, 60), depth_m=Span(1500, None)),
            Taxon("Gonyaulacales", "order"),
            Taxon("Areoligera", "genus", "Gonyaulacales", synonyms=("Areolygera",), age_ma=Span(50, 80)),
            Taxon("folds"),
        ),
        source="drawn up for tests",
    )
