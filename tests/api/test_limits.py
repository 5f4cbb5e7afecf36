from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.api.limits import QueryLimits
from facies.core.errors import QueryError

LIMITS = QueryLimits(max_k=50, max_pixels=1, max_file_bytes=1)


@given(st.integers())
def test_k_is_between_one_and_the_most(k: int) -> None:
    if 1 <= k <= 50:
        LIMITS.check_k(k)
    else:
        with pytest.raises(QueryError, match=f"got {k}. FACIES_API__MAX_K"):
            LIMITS.check_k(k)
