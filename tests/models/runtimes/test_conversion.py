"""Converted networks are kept whole or not at all, and found again only for what they were made from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facies.models.runtimes import conversion
from facies.models.runtimes.choice import openvino_is_here
from facies.models.runtimes.conversion import EMBEDDING, import_openvino, open_network

from .conftest import Network

pytestmark = pytest.mark.skipif(not openvino_is_here(), reason="needs OpenVINO: pip install openvino")


@pytest.fixture(scope="module")
def made(networks: dict[str, Network], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one converted network."""
    folder = tmp_path_factory.mktemp("converted")
    open_network(*networks["resnet18"], 224, folder)
    return folder


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(made, tmp_path / "converted")


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing may be converted."""

    def refuse(*_: object) -> None:
        pytest.fail("it was converted again")

    monkeypatch.setattr(conversion, "convert_network", refuse)


@pytest.fixture
def quickly(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would be converted is taken from the folder made first: conversion itself is not what the test is about."""
    file = next(made.glob("*/network.xml"))
    monkeypatch.setattr(conversion, "convert_network", lambda *_: import_openvino().Core().read_model(file))


def embed(model: object) -> np.ndarray:
    compiled = import_openvino().Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    rows: np.ndarray = compiled(np.ones((1, 3, 224, 224), np.float32))[EMBEDDING]
    return rows


@pytest.mark.usefixtures("never")
def test_a_kept_network_is_opened_and_gives_the_same(kept: Path, networks: dict[str, Network]) -> None:
    model = open_network(*networks["resnet18"], 224, kept)
    assert [next(iter(output.names)) for output in model.outputs][:2] == [EMBEDDING, "map:act1"]
    assert embed(model).shape == (1, 512)


def test_what_is_kept_equals_what_was_converted(kept: Path, networks: dict[str, Network]) -> None:
    fresh = open_network(*networks["resnet18"], 224, None)
    np.testing.assert_array_equal(embed(fresh), embed(open_network(*networks["resnet18"], 224, kept)))


def test_other_weights_cards_sizes_and_versions_have_other_keys(
    networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    card, weights = networks["resnet18"]
    keys = [
        conversion._key(card, weights, 224),
        conversion._key(card, replace(weights, sha256="0" * 64), 224),
        conversion._key(replace(card, pooling="class token"), weights, 224),
        conversion._key(card, weights, 192),
    ]
    assert conversion._key(card, replace(weights, path=Path("elsewhere")), 224) == keys[0]
    monkeypatch.setattr("importlib.metadata.version", lambda _: "0")
    keys.append(conversion._key(card, weights, 224))
    assert len(set(keys)) == len(keys)


@pytest.mark.usefixtures("quickly")
def test_a_damaged_one_is_made_anew(kept: Path, networks: dict[str, Network], caplog: pytest.LogCaptureFixture) -> None:
    for damage in ("network.bin", "network.xml"):
        file = next(kept.glob(f"*/{damage}"))
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        assert embed(open_network(*networks["resnet18"], 224, kept)).shape == (1, 512)
        assert "is made anew" in caplog.text
        assert next(kept.glob(f"*/{damage}")).stat().st_size == len(whole)
        caplog.clear()


@pytest.mark.usefixtures("quickly")
def test_nothing_half_made_is_ever_found(
    tmp_path: Path, networks: dict[str, Network], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full_disk(model: object, path: Path, **_: object) -> None:
        path.write_text("<half")
        raise RuntimeError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(import_openvino(), "save_model", full_disk)
        assert embed(open_network(*networks["resnet18"], 224, tmp_path)).shape == (1, 512)
    assert "is not kept" in caplog.text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quickly")
def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path, networks: dict[str, Network]) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    assert embed(open_network(*networks["resnet18"], 224, file / "below")).shape == (1, 512)


def test_who_comes_second_leaves_the_first_in_place(kept: Path, networks: dict[str, Network]) -> None:
    before = sorted(kept.rglob("*"))
    conversion._keep(open_network(*networks["resnet18"], 224, kept), before[0])
    assert sorted(kept.rglob("*")) == before
