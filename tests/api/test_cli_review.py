from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from typer.testing import CliRunner

from facies.api.cli import label_app
from facies.api.service import Service
from facies.core.errors import QueryError
from facies.core.records import LabelBatch

Run = Callable[..., str]


@pytest.fixture
def run(http: httpx.Client) -> Run:
    def call(*arguments: str) -> str:
        end = ["--collection", "g", "--api", str(http.base_url)]
        result = CliRunner(env={"COLUMNS": "200", "FACIES_USER": "Ann"}).invoke(label_app, [*arguments, *end])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_a_queue_is_read_by_a_person_and_by_a_program(run: Run, filled: Service) -> None:
    one = filled.workspace.catalog.list_images("g", label="well_log")[0]
    run("give", "well_log", one.id, "--state", "dubious", "--note", "a [chart]?")
    said = run("queue", "--by", "flagged")
    assert "a [chart]?" in said
    assert "well_log (dubious)" in said
    assert "Ann" in said
    found = json.loads(run("queue", "--by", "flagged", "--json").splitlines()[-1])
    assert [item["image"]["id"] for item in found["items"]] == [one.id]
    assert "note: no image waits for a name" in run("queue", "--by", "uncertain", "--where", "label=well_log")


def test_a_plate_is_shown(run: Run, filled: Service) -> None:
    said = run("plate", "well_log", "--images", "2")
    assert "well_log: 6 validated images" in said
    assert [said.count(kind) for kind in ("medoid", "typical", "boundary", "confusable")] == [1, 2, 2, 2]
    assert json.loads(run("plate", "well_log", "--json").splitlines()[-1])["images"] == 6


def test_unknown_images_get_names_only_when_asked_for(run: Run, filled: Service) -> None:
    catalog = filled.workspace.catalog
    catalog.undo_batch("g", catalog.label_batches("g")[-1].number, LabelBatch("undo", "Ann"))
    said = run("unknowns", "--fewest", "3")
    assert "24 of 24 images without a person's label are unknown" in said
    assert "nothing was changed" in said
    assert catalog.label_counts("g") == {}
    assert "to take it back: facies label undo" in run("unknowns", "--fewest", "3", "--name")
    assert "Unknown A" in catalog.label_counts("g")
    assert "labelled figure by Ann" in run("unknowns", "--promote", "Unknown A", "--to", "figure")
    assert "figure" in catalog.label_counts("g")
    assert {image.state for image in catalog.iter_images("g") if image.label == "figure"} == {"predicted"}
    made = json.loads(run("unknowns", "--promote", "figure", "--to", "chart", "--validate", "--json").splitlines()[-1])
    assert made["provenance"]["validated"] is True


@pytest.mark.parametrize(
    "options", [("--promote", "a"), ("--to", "b"), ("--promote", "a", "--to", "b", "--name"), ("--validate",)]
)
def test_options_that_belong_together(run: Run, options: tuple[str, ...]) -> None:
    with pytest.raises(QueryError, match="--promote"):
        run("unknowns", *options)


def test_a_limit_of_none_is_told(run: Run) -> None:
    with pytest.raises(QueryError, match="greater than or equal to 1"):
        run("queue", "--by", "diverse", "--limit", "0")
