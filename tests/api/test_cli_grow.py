from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from facies.api.cli import label_app
from facies.api.service import Service
from facies.core.errors import ConfigurationError, QueryError
from facies.core.records import Label, LabelBatch
from facies.indexer.labelling.giving import give_labels

LABEL = "well_log"
Grow = Callable[..., str]


@pytest.fixture
def truth(filled: Service) -> dict[str, str]:
    """The label of each image; two of each stay validated, the others have none."""
    catalog = filled.workspace.catalog
    told = {image.id: str(image.label) for image in catalog.iter_images("g")}
    catalog.undo_batch("g", catalog.label_batches("g")[-1].number, LabelBatch("undo", "Ann"))
    for label in set(told.values()):
        kept = [one for one in told if told[one] == label][:2]
        given = {one: Label(label, "validated") for one in kept}
        give_labels(filled.workspace, "g", given, LabelBatch("person", "Ann"))
    return told


@pytest.fixture
def grow(http: httpx.Client, truth: dict[str, str], tmp_path: Path) -> Grow:
    session = tmp_path / "session.json"

    def call(*arguments: str) -> str:
        end = ["--session", str(session), "--api", str(http.base_url)]
        result = CliRunner(env={"COLUMNS": "200", "FACIES_USER": "Ann"}).invoke(label_app, ["grow", *arguments, *end])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return call


def test_a_person_grows_a_label_page_by_page(
    grow: Grow, filled: Service, truth: dict[str, str], tmp_path: Path
) -> None:
    said = grow("start", LABEL, "-c", "g", "--page", "2")
    assert f"{LABEL}: do these belong?" in said
    assert "0 of 16 candidates would become well_log: 0 seen, 0 unseen" in said
    with pytest.raises(ConfigurationError, match="holds a session that grows 'well_log'"):
        grow("start", LABEL, "-c", "g")
    for _ in range(10):
        page = json.loads(grow("show", "--json").splitlines()[-1])
        if page["ask"] != "page":
            break
        wrong = [str(n) for n, image in enumerate(page["images"], 1) if truth[image["id"]] != LABEL]
        grow("wrong") if len(wrong) == 2 else grow("right", *wrong)
    if page["ask"] == "audit":
        sample = json.loads(grow("audit", "--images", "9", "--json").splitlines()[-1])
        wrong = [image["id"] for image in sample["images"] if truth[image["id"]] != LABEL]
        said = grow("audited", *wrong)
        assert "were right, so between" in said
    assert "facies label grow accept" in grow("show")
    said = grow("accept", "--reject")
    assert "validated as well_log" in said
    assert "to take it back: facies label undo" in said
    assert not (tmp_path / "session.json").exists()
    given = [image for image in filled.workspace.catalog.iter_images("g") if image.state == "validated"]
    assert all(truth[image.id] == image.label for image in given)


def test_accepting_with_a_page_open_tells_what_was_not_looked_at(grow: Grow) -> None:
    grow("start", LABEL, "-c", "g", "--page", "2")
    grow("right")
    made = json.loads(grow("accept", "--json").splitlines()[-1])
    assert made["validated"] == 2
    assert [note.startswith("the last page, of 2 images, was not answered; 14 cand") for note in made["notes"]] == [
        True
    ]


def test_too_few_right_ones_in_an_audit_are_told(grow: Grow) -> None:
    grow("start", LABEL, "-c", "g", "--page", "1")
    for _ in range(3):
        said = grow("right")
    said = grow("audit", "--seed", "3", "--images", "3")
    assert f"{LABEL}: is each of these?" in said
    said = grow("audited", "1", "2", "3")
    assert "0 of 3 were right" in said
    assert "facies label grow shorten" in said
    assert ", 0 unseen" in grow("shorten")


def test_a_number_that_is_not_on_the_page_changes_nothing(grow: Grow, tmp_path: Path) -> None:
    grow("start", LABEL, "-c", "g", "--page", "2")
    before = (tmp_path / "session.json").read_bytes()
    with pytest.raises(QueryError, match="numbers from 1 to 2"):
        grow("right", "3")
    assert (tmp_path / "session.json").read_bytes() == before


def test_on_data_that_this_process_opens(
    filled: Service, truth: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext

    from facies.api import cli_grow
    from facies.api.local import LocalBackend

    monkeypatch.setattr(cli_grow, "open_backend", lambda *_: nullcontext(LocalBackend(filled)))
    arguments = ["grow", "start", LABEL, "-c", "g", "--json", "--session", str(tmp_path / "s.json")]
    result = CliRunner().invoke(label_app, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["ask"] == "page"
