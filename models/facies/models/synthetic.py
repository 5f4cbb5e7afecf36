"""Seeded checkpoint files, for benchmarks and tests where published weights cannot be had. Never used by themselves.

Whoever uses such a file must print `NOTICE`: neighbours found with it mean nothing, only speed and plumbing do.
"""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open

from facies.models.cards import ModelCard
from facies.models.checkpoints import is_safetensors

NOTICE = "synthetic weights"
METADATA_KEY = "facies"


def write_seeded_checkpoint(card: ModelCard, path: Path, seed: int) -> Path:
    """Write a checkpoint of a card with pseudo-random tensors; the same seed gives the same values.

    Args:
        card: which network.
        path: ends in ``.safetensors`` (the file says that its weights are synthetic, and loading it logs that) or in
            anything else for a file of ``torch.save``.
        seed: of the generator.

    Returns:
        the path.
    """
    # Imported here, so that asking whether a file is synthetic does not take the seconds of torch and timm.
    import torch
    from safetensors.torch import save_file

    from facies.models.networks import build_network

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        state = build_network(card).state_dict()
    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in state.items()}, path, metadata={METADATA_KEY: NOTICE})
    else:
        torch.save(state, path)
    return path


def says_synthetic(path: Path) -> bool:
    """Whether a checkpoint file says of itself that its weights are synthetic."""
    if not is_safetensors(path):
        return False
    with safe_open(path, framework="numpy") as file:
        return (file.metadata() or {}).get(METADATA_KEY) == NOTICE
