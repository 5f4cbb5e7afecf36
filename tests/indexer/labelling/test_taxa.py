from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from facies.core.errors import CollectionNotFoundError, UnknownTaxonError
from facies.core.records import Fingerprint, VectorRecord
from facies.core.settings import Settings
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.labelling.taxa import describe_strangers, resolve_labels


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path / "data")) as opened:
        print_ = Fingerprint("card", "0" * 64, "squash", "one view", "torch", "f32")
        opened.catalog.create_collection("c", "generic", [VectorRecord("v", 4, print_)])
        yield opened


def test_without_a_taxonomy_a_label_is_what_it_is(data: Workspace) -> None:
    assert resolve_labels(data, "c", ["Any thing", "x", "x"]) == {"Any thing": "Any thing", "x": "x"}
    with pytest.raises(CollectionNotFoundError):
        resolve_labels(data, "none", [])


def test_with_one_it_is_an_accepted_name(data: Workspace) -> None:
    data.catalog.use_taxonomy("c", "geoimages-57")
    assert resolve_labels(data, "c", ["sem", "Well  design", "Table"]) == {
        "sem": "Scanning Electronic Microscopy",
        "Well  design": "Well Design",
        "Table": "Table",
    }


def test_what_is_no_taxon_is_refused(data: Workspace) -> None:
    data.catalog.use_taxonomy("c", "scampi-20")
    with pytest.raises(UnknownTaxonError, match=r"'areoligra' is no taxon.*Did you mean 'areoligera'") as one:
        resolve_labels(data, "c", ["azolla", "areoligra"])
    assert "either" not in one.value.message
    with pytest.raises(UnknownTaxonError, match=r"'areoligra' is no taxon.* No taxa either: '1', '2', .* and 2 more\."):
        resolve_labels(data, "c", ["areoligra", *"1234567"])


def test_labels_that_are_no_accepted_names_are_told(data: Workspace) -> None:
    assert describe_strangers(data, "c", ["Any thing"]) is None
    data.catalog.use_taxonomy("c", "scampi-20")
    assert describe_strangers(data, "c", ["azolla", "areoligera"]) is None
    assert describe_strangers(data, "c", ["mud", "azolla", "AZOLLA", "mud"]) == (
        "2 of the labels are no accepted names of the taxonomy 'scampi-20': 'AZOLLA', 'mud'; `facies taxonomy check "
        "-c c` says what they may mean"
    )
    assert "'1', '2', '3', '4', '5' and 2 more; " in (describe_strangers(data, "c", "7654321") or "")
    with pytest.raises(CollectionNotFoundError):
        describe_strangers(data, "none", [])


def test_labels_that_are_present_are_let_through(data: Workspace) -> None:
    data.catalog.use_taxonomy("c", "scampi-20")
    present = {"Unknown A", "AZOLLA"}
    assert resolve_labels(data, "c", ["Unknown A", "AZOLLA"], present=present) == {
        "Unknown A": "Unknown A",
        "AZOLLA": "azolla",
    }
    with pytest.raises(UnknownTaxonError, match="'Unknown B'"):
        resolve_labels(data, "c", ["Unknown A", "Unknown B"], present=present)
