"""What somebody wants of a further model is held against the collection before a network is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, FingerprintMismatchError, RecipeError, UnknownModelError
from facies.core.records import CollectionRecord
from facies.core.settings import Settings
from facies.core.workspace import Workspace
from facies.indexer.model_addition import (
    Addition,
    check_addition,
    choose_addition,
    find_complete,
    open_addition,
)

from .conftest import Draw, Index
from .test_further_models import GreyEmbedder


@pytest.fixture
def record(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> CollectionRecord:
    draw("in/1.png", 1)
    index(tmp_path / "in")
    return workspace.catalog.collection("c")


def test_a_vector_is_called_like_its_card_unless_it_gets_a_name() -> None:
    assert choose_addition("c", "efficientnet-lite0") == Addition("c", "efficientnet-lite0", "efficientnet-lite0")
    assert choose_addition("c", "efficientnet-lite0", vector="again").vector == "again"
    with pytest.raises(UnknownModelError):
        choose_addition("c", "no-such-card")
    with pytest.raises(ConfigurationError, match="cannot name a vector"):
        choose_addition("c", "efficientnet-lite0", vector="a b")


def test_what_contradicts_the_vector_that_is_there_is_refused(record: CollectionRecord) -> None:
    settings = Settings()
    assert check_addition(settings, record, Addition("c", "new", "efficientnet-lite0")) is None
    with pytest.raises(RecipeError):
        check_addition(settings, record, Addition("c", "new", "efficientnet-lite0", "no such recipe"))
    with pytest.raises(FingerprintMismatchError):
        check_addition(settings, record, Addition("c", "pixels", "efficientnet-lite0"))


def test_a_new_vector_is_opened_and_a_complete_one_loads_nothing(
    workspace: Workspace, record: CollectionRecord, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    given: list[tuple[object, object]] = []

    def load(like: object, recipe: object) -> GreyEmbedder:
        given.append((like, recipe))
        return GreyEmbedder()

    wanted = Addition("c", "greys", "efficientnet-lite0")
    assert find_complete(workspace, settings, wanted) is None
    open_addition(workspace, wanted, load)
    like, recipe = given[0]
    assert like is None
    assert recipe is not None
    names = [vector.name for vector in workspace.catalog.collection("c").vectors]
    assert names == ["pixels", "greys"]
    open_addition(workspace, wanted, load)
    assert given[1] == (GreyEmbedder().fingerprint, None)
