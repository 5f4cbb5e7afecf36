"""The segment command as the tests of its parts call it: a drawn core of three classes, and a model of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from facies.core.errors import FaciesError
from facies.indexer.cli_segment import app
from facies.indexer.segmentation.generated_cores import generate_core
from facies.indexer.segmentation.generated_files import write_scene

HEIGHT, WIDTH = 192, 64


def call(*words: str | Path) -> Result:
    """Run a command; what it raises on purpose is raised here."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, FaciesError):
        raise result.exception
    return result


def run(*words: str | Path, status: int = 0) -> dict[str, Any]:
    """Run a command, and give the object that is the last line of its output."""
    result = call(*words, "--json")
    assert result.exit_code == status, result.output
    report: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return report


def draw_core(folder: Path) -> Path:
    """Write a core of three classes into a folder."""
    write_scene(generate_core(3, height=HEIGHT, width=WIDTH, classes=3), folder)
    return folder


def train_model(core: Path, path: Path) -> dict[str, Any]:
    """Train few trees on the core's strokes, and give the report."""
    labelled = ("--image", core / "image.png", "--labels", core / "strokes.json")
    return run("train", *labelled, "--out", path, "--trees", "20")
