"""``facies evaluate`` as a person calls it: real processes, the real network, drawn images."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from facies.core.errors import ConfigurationError
from facies.indexer.cli_evaluate import evaluate_app
from facies.indexer.samples.collection import draw_sample

FACIES = [sys.executable, "-m", "facies.core.cli", "evaluate"]
CARD = "efficientnet-lite0"


def facies(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*FACIES, *map(str, arguments)], capture_output=True, text=True, timeout=240, check=False)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    for label in ("oolite_thin_section", "seismic_section", "well_log"):
        (folder / label).mkdir()
        for number in range(6):
            draw_sample(label, number).save(folder / label / f"{number}.png")
    return folder


def test_the_figures_of_drawn_images(drawn: Path, tmp_path: Path) -> None:
    done = facies(drawn, "--model", CARD, "--recipe", "fast", "--dump", tmp_path / "d.npz", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert (found["images"], found["classes"], found["model"], found["recipe"]) == (18, 3, CARD, "fast")
    assert found["nn_f1"] > 0.9
    assert found["p_at_nk"] > 0.7
    assert "P@n_k" in done.stderr  # the table, since stdout is for the program that reads it
    with np.load(tmp_path / "d.npz") as read:
        assert {"labels", "ranked", "test_index", "test_prediction"} <= set(read)
        assert read["test_index"].shape[0] == 10


def test_recipes_after_compare_need_no_further_option(drawn: Path) -> None:
    done = facies(drawn, "--compare", f"{CARD}:fast", f"{CARD}:upright", "--rerank-by", "reciprocal_neighbours")
    assert done.returncode == 0, done.stderr
    assert "recommended: " in done.stdout
    assert f"{CARD}:upright" in done.stdout


def test_errors_name_the_remedy_and_have_a_status(drawn: Path, tmp_path: Path) -> None:
    done = facies(drawn)
    assert done.returncode == 2
    assert "--model CARD" in done.stderr
    (tmp_path / "empty").mkdir()
    done = facies(tmp_path / "empty", "--model", CARD)
    assert done.returncode == 2
    assert "into a folder of its own" in done.stderr


def test_a_second_source_is_refused() -> None:
    result = CliRunner().invoke(evaluate_app, ["one", "two", "--model", CARD])
    assert isinstance(result.exception, ConfigurationError)
    assert "one SOURCE" in str(result.exception)


def test_help_loads_no_engine() -> None:
    code = (
        "import sys, typer.testing, facies.indexer.cli_evaluate as c\n"
        "assert typer.testing.CliRunner().invoke(c.evaluate_app, ['--help']).exit_code == 0\n"
        "print(sorted({'torch', 'timm', 'numpy', 'sklearn', 'sqlalchemy', 'qdrant_edge'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
