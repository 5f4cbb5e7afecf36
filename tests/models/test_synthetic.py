"""Seeded checkpoints are the same every time, and say what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from facies.models.hashes import hash_file
from facies.models.registry import CARDS
from facies.models.synthetic import NOTICE, says_synthetic, write_seeded_checkpoint


def test_seed_decides_the_bytes(tmp_path: Path) -> None:
    first, second, other = (
        hash_file(write_seeded_checkpoint(CARDS["resnet18"], tmp_path / f"{n}.safetensors", seed))
        for n, seed in enumerate((5, 5, 6))
    )
    assert first == second != other


def test_random_numbers_of_others_are_left_alone(tmp_path: Path) -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    write_seeded_checkpoint(CARDS["resnet18"], tmp_path / "w.pth", 9)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(("name", "expected"), [("w.safetensors", True), ("w.pth", False)])
def test_file_says_that_it_is_synthetic(name: str, expected: bool, tmp_path: Path) -> None:
    assert NOTICE == "synthetic weights"
    assert says_synthetic(write_seeded_checkpoint(CARDS["resnet18"], tmp_path / name, 0)) is expected
