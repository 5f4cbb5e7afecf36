from __future__ import annotations

import pytest
from pydantic import ValidationError

from facies.core.wire_upkeep import DefaultVectorBody


def test_a_vector_without_a_name_is_refused() -> None:
    with pytest.raises(ValidationError):
        DefaultVectorBody(vector="")
