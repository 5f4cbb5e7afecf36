"""Networks in int8 (experimental): quantized after training by NNCF, on drawn images, in a process of its own."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facies.core.errors import ConfigurationError, ModelError
from facies.models.cards import ModelCard
from facies.models.preprocess import View, prepare_views
from facies.models.runtimes import calibration
from facies.models.runtimes.quantization_child import IMAGES, NETWORK, QUANTIZED, Job

if TYPE_CHECKING:
    import openvino

_log = logging.getLogger(__name__)

_CHILD = "facies.models.runtimes.quantization_child"


def nncf_is_here() -> bool:
    """Whether NNCF is installed; it is not imported."""
    return importlib.util.find_spec("nncf") is not None


def require_nncf(why: str) -> None:
    """Refuse int8 where NNCF is not installed.

    Raises:
        ConfigurationError: says so, and how to install it.
    """
    if not nncf_is_here():
        raise ConfigurationError(f"{why}, which needs NNCF, and it is not installed here: pip install 'facies[int8]'")


def describe_quantization() -> dict[str, str | int]:
    """What the values of a quantized network follow from, beside the network itself."""
    return {
        "precision": "int8",
        "calibration": calibration.CALIBRATION,
        "images": calibration.IMAGES,
        "nncf": _version_of("nncf"),
    }


def state_quantization() -> str:
    """One phrase for a fingerprint: who quantized and on which drawings; another version would give other values."""
    made = describe_quantization()
    return f"int8 by NNCF {made['nncf']} and OpenVINO {_version_of('openvino')}, calibration {made['calibration']}"


def quantize_network(model: openvino.Model, card: ModelCard, input_px: int) -> openvino.Model:
    """Quantize a network; takes seconds for a small one and minutes for a large transformer.

    Args:
        model: in f32, of one normalised input (1, 3, input_px, input_px).
        card: of the network, for how images reach it.
        input_px: side of the square that it sees.

    Returns:
        the network with the same input and outputs, whose products and convolutions are in 8 bits.

    Raises:
        ModelError: NNCF failed.
    """
    from facies.models.runtimes.conversion import import_openvino

    ov = import_openvino()
    _log.info("%s: quantizing to int8 on %d drawn images, once", card.name, calibration.IMAGES)
    view = (View(input_px, input_px),)
    drawn = calibration.draw_calibration_images(input_px, calibration.IMAGES)
    images = np.concatenate([prepare_views(image, view, card.interpolation) for image in drawn])
    with tempfile.TemporaryDirectory(prefix="facies-int8-") as name:
        folder = Path(name)
        np.save(folder / IMAGES, images)
        ov.save_model(model, folder / NETWORK, compress_to_fp16=False)
        _run_child(Job(folder, card.mean, card.std), card)
        core = ov.Core()
        # By default the weights stay a mapping of the file, which is about to be deleted.
        core.set_property({"ENABLE_MMAP": False})
        quantized: openvino.Model = core.read_model(folder / QUANTIZED)
    return quantized


def _version_of(package: str) -> str:
    return importlib.metadata.version(package)


def _run_child(job: Job, card: ModelCard) -> None:
    done = subprocess.run(  # noqa: S603 (our own module, no shell)
        [sys.executable, "-m", _CHILD, job.dump()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    _log.debug("NNCF on %s: %s%s", card.name, done.stdout, done.stderr)
    if done.returncode or not (job.folder / QUANTIZED).is_file():
        reason = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise ModelError(
            f"NNCF could not quantize {card.name} to int8: {reason}. Set FACIES_MODELS__PRECISION to auto, f32 or bf16."
        )
