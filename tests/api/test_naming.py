"""What naming does beyond tests/api/test_classify.py: masks, and the classes that they leave."""

from __future__ import annotations

import numpy as np
import pytest

from facies.api.naming import _hide
from facies.api.taxa import TaxaInQuestion
from facies.core.errors import QueryError
from facies.core.taxonomy.masks import Mask


def test_the_probability_of_what_is_hidden_goes_to_the_others() -> None:
    rows = np.array([[0.5, 0.3, 0.2]])
    taxa = TaxaInQuestion(mask=Mask(kept=("b", "c"), hidden=()))
    assert _hide(rows, ("a", "b", "c"), taxa)[0].tolist() == pytest.approx([0.0, 0.6, 0.4])
    assert _hide(rows, ("a", "b", "c"), TaxaInQuestion()) is rows


def test_a_mask_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(QueryError, match="all labels that were learnt are hidden"):
        _hide(np.array([[1.0]]), ("a",), TaxaInQuestion(mask=Mask(kept=("z",), hidden=())))
