"""Files of trained networks: safetensors, with all that belongs to the weights as JSON in its header.

Nothing in such a file can run: it holds numbers and text. The header says which network they belong to, and the hash of
the tensors is checked before any of them is used.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facies.core.errors import ClassTableError, FinetunedFileError, FinetuningError, StorageError, UnknownModelError
from facies.core.new_files import new_file
from facies.core.segmentation.class_files import class_table_of, list_classes
from facies.models.checkpoints import is_safetensors
from facies.models.registry import get_card

if TYPE_CHECKING:
    import torch

    from facies.models.segmentation.segmenter import FinetunedSegmenter, SegmenterFacts

FORMAT = "facies segmenter"
VERSION = 1
_KEY = "facies"
_MAX_BYTES = 4 * 2**30


def save_segmenter(segmenter: FinetunedSegmenter, path: Path) -> None:
    """Write a network with its facts; the file is complete or absent, and one of the same name is replaced.

    Raises:
        StorageError: the system refuses.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    state = {name: tensor.detach().cpu().contiguous() for name, tensor in segmenter.network.state_dict().items()}
    facts = segmenter.facts
    header = {
        "format": FORMAT,
        "version": VERSION,
        "architecture": facts.architecture,
        "encoder": facts.encoder,
        "encoder_sha256": facts.encoder_sha256,
        "classes": list_classes(facts.table),
        "background": facts.background,
        "mean": facts.mean,
        "std": facts.std,
        "tile_px": facts.tile_px,
        "overlap_px": facts.overlap_px,
        "provenance": dict(facts.provenance),
        "tensors_sha256": _hash_tensors(state),
    }
    with new_file(path) as part:
        try:
            save_file(state, part, metadata={_KEY: json.dumps(header, ensure_ascii=False)})
        except SafetensorError as error:  # safetensors says so what the system refuses
            raise StorageError(path, str(error)) from error


def load_segmenter(path: Path, *, device: str = "cpu") -> FinetunedSegmenter:
    """Read a network.

    Raises:
        FinetunedFileError: the file is damaged, of another version, or its tensors are not those of its network.
        ConfigurationError: the extra is not installed.
    """
    from facies.models.segmentation.finetuned_network import build_segmenter
    from facies.models.segmentation.segmenter import FinetunedSegmenter

    header, state = _read(path)
    facts = _facts(header, path)
    try:
        network = build_segmenter(facts.architecture, get_card(facts.encoder), len(facts.table))
    except (UnknownModelError, FinetuningError) as error:
        raise FinetunedFileError(path.name, error.message) from error
    expected = network.state_dict()
    differing = [
        *(f"{name} is missing" for name in expected.keys() - state.keys()),
        *(f"{name} has no place" for name in state.keys() - expected.keys()),
        *(
            f"{name} is {state[name].dtype} {tuple(state[name].shape)}, expected {tensor.dtype} {tuple(tensor.shape)}"
            for name, tensor in expected.items()
            if name in state and (state[name].shape != tensor.shape or state[name].dtype != tensor.dtype)
        ),
    ]
    if differing:
        listed = "; ".join(sorted(differing)[:5])
        raise FinetunedFileError(path.name, f"{len(differing)} tensors are not those of its network: {listed}")
    broken = [
        name for name, tensor in state.items() if tensor.is_floating_point() and not bool(tensor.isfinite().all())
    ]
    if broken:
        raise FinetunedFileError(path.name, f"values that are not finite in {', '.join(sorted(broken)[:5])}")
    network.load_state_dict(state)
    return FinetunedSegmenter(facts, network.eval(), device=device)


def _read(path: Path) -> tuple[Mapping[str, Any], dict[str, torch.Tensor]]:
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise FinetunedFileError(path.name, f"it has more than {_MAX_BYTES:,} bytes")
        if not is_safetensors(path):
            raise FinetunedFileError(path.name, "it is no safetensors file")
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(_KEY, "null")
        header = json.loads(text)
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise FinetunedFileError(path.name, "its header says nothing about classes and network")
        if header.get("version") != VERSION:
            raise FinetunedFileError(path.name, f"it has version {header.get('version')!r}, expected {VERSION}")
        state = load_file(path)
    except OSError as error:
        raise FinetunedFileError(path.name, f"it cannot be read ({error.strerror or error})") from error
    except (SafetensorError, ValueError, RecursionError) as error:
        raise FinetunedFileError(path.name, f"it is damaged ({error})") from error
    if _hash_tensors(state) != header.get("tensors_sha256"):
        raise FinetunedFileError(path.name, "its tensors have another hash than its header says; it is damaged")
    return header, state


def _facts(header: Mapping[str, Any], path: Path) -> SegmenterFacts:
    from facies.models.segmentation.segmenter import SegmenterFacts

    try:
        mean, std = ([float(value) for value in header[key]] for key in ("mean", "std"))
        if (
            not all(map(math.isfinite, (*mean, *std)))
            or {len(mean), len(std)} != {3}
            or not isinstance(header["provenance"], dict)
        ):
            raise FinetunedFileError(path.name, "mean, deviation or provenance in its header are not what they ought")
        return SegmenterFacts(
            architecture=header["architecture"],
            encoder=str(header["encoder"]),
            encoder_sha256=None if header["encoder_sha256"] is None else str(header["encoder_sha256"]),
            table=class_table_of(header["classes"], path.name),
            mean=(mean[0], mean[1], mean[2]),
            std=(std[0], std[1], std[2]),
            background=int(header["background"]),
            tile_px=int(header["tile_px"]),
            overlap_px=int(header["overlap_px"]),
            provenance=header["provenance"],
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FinetunedFileError(path.name, f"its header lacks a fact or has it wrong ({error!r})") from error
    except (ClassTableError, FinetuningError) as error:
        raise FinetunedFileError(path.name, error.message) from error


def _hash_tensors(state: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
