from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from typer.testing import CliRunner

from facies.api.cli import label_app
from facies.api.service import Service
from facies.core.errors import LabelBatchNotFoundError

Run = Callable[..., str]


@pytest.fixture
def run(http: httpx.Client) -> Run:
    def call(*arguments: str) -> str:
        result = CliRunner(env={"COLUMNS": "200", "FACIES_USER": "Ann"}).invoke(
            label_app, [*arguments, "--collection", "g", "--api", str(http.base_url)]
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_give_look_and_undo(run: Run, filled: Service) -> None:
    ids = [image.id for image in filled.workspace.catalog.list_images("g", limit=2)]
    given = run("give", "areoligera", *ids, "--note", "seen from above")
    assert "2 images validated as areoligera by Ann, batch" in given
    assert "facies label undo" in given
    (batch, *_) = json.loads(run("batches", "--json").splitlines()[-1])["batches"]
    listed = run("batches")
    assert "Ann (unverified)" in listed
    assert "origin" in listed
    history = run("history", ids[0])
    assert "areoligera (validated)" in history
    assert "seen from above" in history
    assert f"batch {batch['number']} is undone, by batch" in run("undo", str(batch["number"]))
    assert "undone" in run("batches")
    assert "(undone)" in run("history", ids[0])
    assert "0 differed, 0 mended" in run("check")
    assert json.loads(run("check", "--no-mend", "--json").splitlines()[-1])["drifted"] == 0


def test_a_batch_that_is_not_there(run: Run, filled: Service) -> None:
    with pytest.raises(LabelBatchNotFoundError):
        run("undo", "999")
