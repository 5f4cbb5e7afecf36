"""Networks in OpenVINO's form: converted from torch once, then kept beside the weights.

Conversion takes seconds and timm's import more; a search for one upload should not wait for either. What is kept is
found by a key of all that it follows from: the card, the hash of the weights, the input size, and the versions of
OpenVINO, torch and timm; in int8 also how it was quantized.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import logging
import shutil
import sys
import tempfile
import threading
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facies.core.flushing import flush
from facies.models.cards import ModelCard
from facies.models.runtimes.quantization import describe_quantization, quantize_network
from facies.models.weights import FoundWeights

if TYPE_CHECKING:
    import openvino

_log = logging.getLogger(__name__)
_importing = threading.Lock()

EMBEDDING = "embedding"
"""Name of the output that is the embedding; those of the maps are `MAP` and the map's name."""
MAP = "map:"
_FORM = 1
"""Counts up when the conversion changes."""
_TELEMETRY = "openvino_telemetry"
_MODEL = "network.xml"


def import_openvino() -> Any:
    """Import OpenVINO without its telemetry.

    By default its import alone sends an event to Google Analytics, from a forked process, and writes a client id into
    the home folder. Where its telemetry package cannot be imported it does neither, so that is what it is told.
    """
    with _importing:
        if "openvino" not in sys.modules and _TELEMETRY not in sys.modules:
            sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # Python's own way to say "not to be imported"
            try:
                import openvino
            finally:
                del sys.modules[_TELEMETRY]
        import openvino
    return openvino


def open_network(
    card: ModelCard, weights: FoundWeights, input_px: int, folder: Path | None, *, quantized: bool = False
) -> openvino.Model:
    """A network in OpenVINO's form with its embedding and all its maps as named outputs.

    Args:
        card: which network.
        weights: its checkpoint.
        input_px: side of the square that it sees.
        folder: where converted networks are kept; None, or one that cannot be written, converts at every start.
        quantized: to int8; needs NNCF, see `facies.models.runtimes.quantization.require_nncf`.

    Returns:
        a model of one input (1, 3, input_px, input_px) float32, normalised.

    Raises:
        WeightsMismatchError: the checkpoint does not fit.
        ModelError: NNCF could not quantize it.
    """
    kept = None if folder is None else folder / _key(card, weights, input_px, quantized=quantized)
    if kept is not None and (kept / _MODEL).is_file():
        try:
            model: openvino.Model = import_openvino().Core().read_model(kept / _MODEL)
        except RuntimeError as error:  # OpenVINO has no other class for a damaged file
            _log.warning("%s cannot be read and is made anew: %s", kept, error)
            shutil.rmtree(kept, ignore_errors=True)
        else:
            return model
    if quantized:
        model = quantize_network(open_network(card, weights, input_px, folder), card, input_px)
    else:
        model = convert_network(card, weights.path, input_px)
    if kept is not None:
        _keep(model, kept)
    return model


def convert_network(card: ModelCard, path: Path, input_px: int) -> openvino.Model:
    """Convert the network of a card with the weights of a checkpoint; arguments and result as `open_network`."""
    ov = import_openvino()
    import torch

    from facies.models.networks import load_network
    from facies.models.runtimes.taps import TappedNetwork, find_taps

    network = load_network(card, path, device="cpu", input_px=input_px).to(memory_format=torch.contiguous_format)
    names = find_taps(network)
    example = torch.zeros(1, 3, input_px, input_px)
    with warnings.catch_warnings(), torch.no_grad():
        # OpenVINO traces with torch.jit, which warns that torch has newer ways; the network's own checks of its input
        # warn that tracing fixes them, as it shall.
        warnings.simplefilter("ignore")
        model: openvino.Model = ov.convert_model(TappedNetwork(network, names), example_input=example)
    model.reshape([1, 3, input_px, input_px])
    for output, name in zip(model.outputs, [EMBEDDING, *(MAP + name for name in names)], strict=True):
        output.tensor.set_names({name})
    return model


def _key(card: ModelCard, weights: FoundWeights, input_px: int, *, quantized: bool = False) -> str:
    versions = {name: importlib.metadata.version(name) for name in ("openvino", "torch", "timm")}
    about = {"form": _FORM, "card": asdict(card), "weights": weights.sha256, "input_px": input_px, **versions}
    if quantized:
        about |= describe_quantization()
    digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()
    return f"{card.file_stem}-{input_px}-{'int8-' if quantized else ''}{digest[:16]}"


def _keep(model: openvino.Model, target: Path) -> None:
    """Save whole or not at all: a folder gets its name when its files are on the disk."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent) as name:
            made = Path(name) / "made"
            made.mkdir()
            import_openvino().save_model(model, made / _MODEL, compress_to_fp16=False)
            for path in [*made.iterdir(), made]:
                flush(path)
            made.rename(target)
            flush(target.parent)
    except (OSError, RuntimeError) as error:  # a read-only or full disk, or the same folder from another process
        if not target.exists():
            _log.warning("%s: the converted network is not kept, so the next start takes longer: %s", target, error)
