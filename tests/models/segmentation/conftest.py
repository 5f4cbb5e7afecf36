"""The packaged encoder, and small networks on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.models.registry import get_card
from facies.models.weights import FoundWeights, find_weights


@pytest.fixture(scope="session")
def lite0_weights(tmp_path_factory: pytest.TempPathFactory) -> FoundWeights:
    """The weights of EfficientNet-Lite0 that come with the installation."""
    folder: Path = tmp_path_factory.mktemp("weights")
    return find_weights(get_card("efficientnet-lite0"), weights_dir=folder, hub_endpoint="", offline=True)
