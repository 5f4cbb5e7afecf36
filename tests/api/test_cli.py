from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path

import typer

ROOT = Path(__file__).resolve().parents[2]


def test_every_entry_point_of_this_layer_is_a_typer_app() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    entries = project["project"]["entry-points"]["facies.commands"]
    ours = {name: place for name, place in entries.items() if place.startswith("facies.api.")}
    assert set(ours) == {"collections", "search", "classify", "serve", "up", "demo", "jobs", "label", "map", "taxonomy"}
    for place in ours.values():
        module, name = place.split(":")
        assert isinstance(getattr(import_module(module), name), typer.Typer)
