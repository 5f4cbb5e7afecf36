"""``facies models`` as a person or a script runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from facies.core.errors import UnknownModelError, WeightsNotFoundError
from facies.models.cli import app
from facies.models.registry import CARDS
from facies.models.synthetic import write_seeded_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from tests.models.conftest import LoopbackHub

runner = CliRunner()


def _json(*arguments: str) -> dict[str, Any]:
    result = runner.invoke(app, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    last: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return last


def test_list_names_every_card() -> None:
    result = runner.invoke(app, ["list"], catch_exceptions=False)
    assert result.exit_code == 0
    for name in CARDS:
        assert name in result.stdout
    assert "at hand" in result.stdout
    assert "to be fetched" in result.stdout


def test_list_as_json() -> None:
    models = _json("list")["models"]
    assert [model["name"] for model in models] == list(CARDS)
    assert {model["name"] for model in models if model["available"]} >= {"efficientnet-lite0"}


def test_show_tells_publication_preprocessing_and_sources() -> None:
    result = runner.invoke(app, ["show", "dino-vitb8"], catch_exceptions=False)
    for part in ("arxiv.org/abs/2104.14294", "squash 256", "Apache-2.0", "768 values", "not on this machine"):
        assert part in result.stdout
    shown = _json("show", "dino-vitb8")
    assert shown["dim"] == 768
    assert shown["recipes"]["default"] == {"text": "8 views; 75% class+mean; output", "passes": 8}


def test_fetch_checks_what_is_packaged() -> None:
    fetched = _json("fetch", "efficientnet-lite0")
    assert fetched["sha256"].startswith("57934424")
    result = runner.invoke(app, ["fetch", "efficientnet-lite0"], catch_exceptions=False)
    assert "every tensor fits" in result.stdout


def test_fetch_from_a_hub(hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_seeded_checkpoint(CARDS["scampi-vits16"], tmp_path / "w.pth", seed=0)
    hub.put("IverMartinsen/scampi-dino-vits16", "vit_small_backbone.pth", file.read_bytes())
    monkeypatch.setenv("FACIES_MODELS__HUB_ENDPOINT", hub.endpoint)
    fetched = _json("fetch", "scampi-vits16")
    assert fetched["source"] == "hub IverMartinsen/scampi-dino-vits16: vit_small_backbone.pth at main"
    assert next(m for m in _json("list")["models"] if m["name"] == "scampi-vits16")["available"]


def test_errors_reach_the_root_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_MODELS__OFFLINE", "1")
    with pytest.raises(WeightsNotFoundError):
        runner.invoke(app, ["fetch", "dino-vits8"], catch_exceptions=False)
    with pytest.raises(UnknownModelError):
        runner.invoke(app, ["show", "dino"], catch_exceptions=False)


def test_list_imports_no_torch() -> None:
    code = (
        "import sys; from facies.models.cli import app; app(['list'], standalone_mode=False); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'timm')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
