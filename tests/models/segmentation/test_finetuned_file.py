"""Files of trained networks: what is written comes back, and anything else is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from facies.core.errors import FinetunedFileError, StorageError
from facies.models.macerals import MACERALS
from facies.models.registry import get_card
from facies.models.segmentation.finetuned_file import load_segmenter, save_segmenter
from facies.models.segmentation.finetuned_network import build_segmenter
from facies.models.segmentation.segmenter import FinetunedSegmenter, SegmenterFacts

LITE0 = get_card("efficientnet-lite0")


@pytest.fixture(scope="module")
def segmenter() -> FinetunedSegmenter:
    facts = SegmenterFacts(
        architecture="fpn",
        encoder=LITE0.name,
        encoder_sha256="ab" * 32,
        table=MACERALS,
        mean=LITE0.mean,
        std=LITE0.std,
        tile_px=64,
        overlap_px=16,
        provenance={"images": {"a.png": "cd" * 32}, "held_out_micro_dice": 0.5},
    )
    return FinetunedSegmenter(facts, build_segmenter("fpn", LITE0, len(MACERALS), seed=9))


@pytest.fixture(scope="module")
def saved(segmenter: FinetunedSegmenter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "macerals.safetensors"
    save_segmenter(segmenter, path)
    return path


def _rewrite(saved: Path, path: Path, change: Callable[[dict[str, Any], dict[str, torch.Tensor]], None]) -> Path:
    """Change header or tensors and write a file that is sound as safetensors."""
    with safe_open(saved, framework="pt") as file:
        header = json.loads(file.metadata()["facies"])
    state = load_file(saved)
    change(header, state)
    save_file(state, path, metadata={"facies": json.dumps(header)})
    return path


def test_what_was_saved_predicts_the_same(segmenter: FinetunedSegmenter, saved: Path) -> None:
    loaded = load_segmenter(saved)
    assert loaded.facts == segmenter.facts
    image = np.random.default_rng(0).integers(0, 256, (70, 50, 3), dtype=np.uint8)
    np.testing.assert_array_equal(loaded.probabilities(image), segmenter.probabilities(image))
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_changed_tensor_is_noticed(saved: Path, tmp_path: Path) -> None:
    def nudge(_: dict[str, Any], state: dict[str, torch.Tensor]) -> None:
        state["segmentation_head.0.bias"][0] += 1e-3

    with pytest.raises(FinetunedFileError, match="another hash"):
        load_segmenter(_rewrite(saved, tmp_path / "m", nudge))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("format", "other", "says nothing about classes"),
        ("version", 2, "version 2, expected 1"),
        ("architecture", "deeplab", "unet or fpn"),
        ("encoder", "efficientnet-lite9", "unknown model"),
        ("encoder", "efficientnet-lite2", "tensors are not those"),
        ("classes", [], "no class"),
        ("classes", [{"id": 0}, {"id": 1}], "tensors are not those"),
        ("mean", [0.1], "mean, deviation"),
        ("std", [0.1, 0.2, 0], "deviation above 0"),
        ("tile_px", 33, "multiples of 32"),
        ("background", "x", "lacks a fact"),
        ("provenance", None, "provenance"),
        ("tensors_sha256", None, "another hash"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(saved: Path, tmp_path: Path, key: str, value: Any, said: str) -> None:
    def put(header: dict[str, Any], _: dict[str, torch.Tensor]) -> None:
        header[key] = value

    with pytest.raises(FinetunedFileError, match=said):
        load_segmenter(_rewrite(saved, tmp_path / "m", put))


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.999])
def test_a_truncated_file_is_refused(saved: Path, tmp_path: Path, share: float) -> None:
    data = saved.read_bytes()
    (tmp_path / "m").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(FinetunedFileError):
        load_segmenter(tmp_path / "m")


def test_a_flipped_bit_anywhere_is_noticed(saved: Path, tmp_path: Path) -> None:
    data = bytearray(saved.read_bytes())
    start = 8 + int.from_bytes(data[:8], "little")
    for place in np.random.default_rng(2).integers(start, len(data), 5).tolist():
        data[place] ^= 16
        (tmp_path / "m").write_bytes(data)
        data[place] ^= 16
        with pytest.raises(FinetunedFileError):
            load_segmenter(tmp_path / "m")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"\x80\x04 a pickle", b"{}"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(FinetunedFileError, match="no safetensors file"):
        load_segmenter(tmp_path / "m")


def test_weights_alone_are_refused(saved: Path, tmp_path: Path) -> None:
    save_file(load_file(saved), tmp_path / "m")
    with pytest.raises(FinetunedFileError, match="says nothing about classes"):
        load_segmenter(tmp_path / "m")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FinetunedFileError, match=r"none\.safetensors .*cannot be read"):
        load_segmenter(tmp_path / "none.safetensors")


def test_a_folder_that_is_not_there_leaves_nothing_behind(segmenter: FinetunedSegmenter, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        save_segmenter(segmenter, tmp_path / "none" / "m.safetensors")
    assert list(tmp_path.iterdir()) == []
