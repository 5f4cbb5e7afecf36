"""Which runtime a network gets: what the settings ask for, what is here, and what a collection was made with."""

from __future__ import annotations

import importlib.util
import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast, get_args

from facies.core.errors import ConfigurationError
from facies.models.runtimes.base import Precision, RuntimeName
from facies.models.runtimes.quantization import require_nncf

if TYPE_CHECKING:
    from facies.core.records import Fingerprint
    from facies.core.settings import ModelSettings
    from facies.models.cards import Resizing

_X86 = frozenset({"x86_64", "AMD64", "x86-64", "i386", "i686"})
_FAMILIES = {"openvino": ("openvino",), "torch": ("torch", "torch-cuda")}
"""The runtimes that a value of the setting may stand for."""
_AGAIN = "or embed the images again under another name (`facies collections add-model NAME --model CARD --as VECTOR`)"


@dataclass(frozen=True, slots=True)
class RuntimeChoice:
    """A runtime, its precision, and where it runs (``cpu`` or ``cuda``)."""

    runtime: RuntimeName
    precision: Precision
    device: str


def choose_runtime(settings: ModelSettings, like: Fingerprint | None = None) -> RuntimeChoice:
    """Choose the runtime for a new collection, or the one that an existing collection was made with.

    A new collection gets torch in bf16 on a GPU, else OpenVINO in f32 on an x86 processor where it is installed, else
    torch in f32; each unless the settings ask for another. int8 is OpenVINO's alone, on a CPU.

    Args:
        settings: device, runtime and precision, each of which may be ``auto``.
        like: of the collection whose vectors are to be matched.

    Raises:
        ConfigurationError: what is asked for is not here or not possible, or contradicts the collection.
    """
    return _choose(settings) if like is None else _match(settings, like)


def check_settings(settings: ModelSettings, like: Fingerprint) -> None:
    """Refuse settings that ask for another runtime or precision than vectors were made with.

    Raises:
        ConfigurationError: they contradict.
    """
    made = _made(like)
    if settings.runtime != "auto" and like.runtime not in _FAMILIES[settings.runtime]:
        raise ConfigurationError(
            f"{made}, and FACIES_MODELS__RUNTIME asks for {settings.runtime}; mixed vectors give wrong neighbours. Set "
            f"it to auto, {_AGAIN}"
        )
    if settings.precision not in ("auto", like.precision):
        raise ConfigurationError(
            f"{made}, and FACIES_MODELS__PRECISION asks for {settings.precision}; mixed vectors give wrong neighbours. "
            f"Set it to auto, {_AGAIN}"
        )
    if "resizing" in settings.model_fields_set and settings.resizing != made_with_resizing(like):
        raise ConfigurationError(
            f"{made}, from images resized in the way {made_with_resizing(like)!r}, and FACIES_MODELS__RESIZING asks "
            f"for {settings.resizing!r}; mixed vectors give wrong neighbours. Leave it unset, {_AGAIN}"
        )


def made_with_resizing(like: Fingerprint) -> Resizing:
    """How the images of existing vectors were resized."""
    return "reference" if "Pillow" in like.preprocessing else "fast"


def choose_device(wanted: str) -> str:
    """Resolve ``auto`` to ``cuda`` where a GPU is usable, else ``cpu``.

    Raises:
        ConfigurationError: ``cuda`` is asked for and there is none.
    """
    import torch

    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigurationError(
            "FACIES_MODELS__DEVICE is cuda, but torch finds no usable GPU here. Set it to auto or cpu, or install the "
            "torch build that matches the driver."
        )
    return "cuda" if there and wanted != "cpu" else "cpu"


def openvino_is_here() -> bool:
    """Whether OpenVINO is installed; it is not imported."""
    return importlib.util.find_spec("openvino") is not None


def suits_openvino() -> bool:
    """Whether OpenVINO is the runtime of choice for this processor."""
    return platform.machine() in _X86


def count_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _choose(settings: ModelSettings) -> RuntimeChoice:
    if settings.precision == "int8":
        return _choose_int8(settings)
    precision: Precision = "bf16" if settings.precision == "bf16" else "f32"
    if settings.runtime == "openvino":
        if settings.device == "cuda":
            raise ConfigurationError(
                "FACIES_MODELS__RUNTIME is openvino, which runs on a CPU, and FACIES_MODELS__DEVICE is cuda. Set the "
                "device to cpu or auto, or the runtime to auto."
            )
        _require_openvino("FACIES_MODELS__RUNTIME is openvino")
        return RuntimeChoice("openvino", precision, "cpu")
    device = choose_device(settings.device)
    if device == "cuda":
        if settings.precision == "f32":
            return RuntimeChoice("torch", "f32", device)
        return RuntimeChoice("torch-cuda", "bf16", device)
    if settings.runtime == "auto" and openvino_is_here() and suits_openvino():
        return RuntimeChoice("openvino", precision, device)
    return RuntimeChoice("torch", precision, device)


def _choose_int8(settings: ModelSettings) -> RuntimeChoice:
    asked = "FACIES_MODELS__PRECISION is int8"
    if settings.runtime == "torch":
        raise ConfigurationError(
            f"{asked}, which only OpenVINO has, and FACIES_MODELS__RUNTIME is torch. Set the runtime to auto or "
            "openvino, or the precision to auto, f32 or bf16."
        )
    if settings.device == "cuda":
        raise ConfigurationError(
            f"{asked}, which runs on a CPU, and FACIES_MODELS__DEVICE is cuda. Set the device to cpu or auto, or the "
            "precision to auto, f32 or bf16."
        )
    _require_openvino(asked)
    require_nncf(asked)
    return RuntimeChoice("openvino", "int8", "cpu")


def _match(settings: ModelSettings, like: Fingerprint) -> RuntimeChoice:
    made = _made(like)
    known = like.runtime in get_args(RuntimeName) and like.precision in get_args(Precision)
    if not known or (like.precision == "int8" and like.runtime != "openvino"):
        raise ConfigurationError(f"{made}, which this version of facies does not have; use the one that has, {_AGAIN}")
    check_settings(settings, like)
    runtime = cast("RuntimeName", like.runtime)
    precision = cast("Precision", like.precision)
    if runtime == "openvino":
        if settings.device == "cuda":
            raise ConfigurationError(f"{made}, on a CPU, and FACIES_MODELS__DEVICE is cuda. Set it to auto, {_AGAIN}")
        _require_openvino(made)
        if precision == "int8":
            require_nncf(made)
        return RuntimeChoice(runtime, precision, "cpu")
    device = choose_device(settings.device)
    if runtime == "torch-cuda" and device != "cuda":
        raise ConfigurationError(
            f"{made}, on a GPU, and there is none in use here. Set FACIES_MODELS__DEVICE=auto on a machine with a GPU, "
            f"{_AGAIN} (vectors made with FACIES_MODELS__PRECISION=f32 and FACIES_MODELS__RUNTIME=torch need none)"
        )
    return RuntimeChoice(runtime, precision, device)


def _made(like: Fingerprint) -> str:
    return f"the vectors of {like.card} in this collection were made by {like.runtime} in {like.precision}"


def _require_openvino(why: str) -> None:
    if not openvino_is_here():
        raise ConfigurationError(f"{why}, and it is not installed here: pip install openvino")
