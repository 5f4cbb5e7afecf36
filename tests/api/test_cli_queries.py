from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from facies.api.cli import classify_app, search_app
from facies.api.service import Service
from facies.core.errors import CollectionNotFoundError, QueryError, UnreadableImageError

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(shared_http: httpx.Client) -> Run:
    def call(app: typer.Typer, *arguments: str) -> dict[str, Any]:
        result = CliRunner().invoke(
            app, [*arguments, "--collection", "g", "--json", "--api", str(shared_http.base_url)]
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        answer: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
        return answer

    return call


def first(shared: Service) -> Any:
    return shared.workspace.catalog.list_images("g", limit=1)[0]


def test_classify_files_folders_and_ids(run: Run, shared: Service, gallery: Path) -> None:
    image = first(shared)
    answer = run(classify_app, image.uri, image.id, str(gallery / "well_log"), "--k", "5", "--top", "2")
    paths = [prediction["path"] for prediction in answer["predictions"]]
    assert paths[:2] == [image.uri, image.uri]
    assert answer["predictions"][1]["id"] == image.id
    assert paths[2:] == [str(gallery / "well_log" / f"{number}.png") for number in range(6)]
    assert answer["failures"] == []
    for prediction in answer["predictions"]:
        assert 1 <= len(prediction["top"]) <= 2
        assert set(prediction["top"][0]) == {"label", "probability"}


def test_a_file_that_cannot_be_read_stops_no_other(run: Run, gallery: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes((gallery / "well_log" / f"{number}.png").read_bytes())
    (folder / "bad.png").write_bytes(b"nothing but words, nothing but words")
    answer = run(classify_app, str(folder))
    assert [Path(p["path"]).name for p in answer["predictions"]] == ["0.png", "1.png", "2.png"]
    assert [Path(f["path"]).name for f in answer["failures"]] == ["bad.png"]
    assert answer["failures"][0]["reason"]
    with pytest.raises(UnreadableImageError, match=r"bad\.png"):
        run(classify_app, str(folder / "bad.png"))


def test_many_files_go_in_batches(run: Run, gallery: Path) -> None:
    answer = run(classify_app, str(gallery))
    assert len(answer["predictions"]) == 24


def test_mistakes_are_query_errors(run: Run, shared: Service, tmp_path: Path) -> None:
    image = first(shared)
    with pytest.raises(QueryError, match=r"k: .* got 0"):
        run(search_app, image.id, "--k", "0")
    with pytest.raises(QueryError, match=r"k: .* got 0"):
        run(classify_app, image.id, "--k", "0")
    with pytest.raises(QueryError, match="got 51"):
        run(search_app, image.id, "--k", "51")
    with pytest.raises(QueryError, match="neither a file"):
        run(search_app, "missing.png")
    with pytest.raises(QueryError, match="--crop goes with exactly one"):
        run(search_app, image.id, image.uri, "--crop", "0,0,1,1")
    with pytest.raises(QueryError, match="condition"):
        run(search_app, image.id, "--where", "nonsense")
    (tmp_path / "empty").mkdir()
    with pytest.raises(QueryError, match="no files below"):
        run(classify_app, str(tmp_path / "empty"))


def test_people_get_tables(shared_http: httpx.Client, shared: Service) -> None:
    image = first(shared)
    options = ["--collection", "g", "--api", str(shared_http.base_url)]
    assert "similarity" in CliRunner().invoke(search_app, [image.id, *options]).stdout
    assert image.label in CliRunner().invoke(classify_app, [image.id, *options]).stdout


def test_a_missing_collection_is_named(shared_http: httpx.Client, shared: Service) -> None:
    result = CliRunner().invoke(search_app, [first(shared).id, "-c", "x", "--api", str(shared_http.base_url)])
    assert isinstance(result.exception, CollectionNotFoundError)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["search", "missing.png", "-c", "g"], 2, "neither a file"),
        (["search", "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e", "-c", "g", "-k", "0"], 2, "got 0"),
        (["search", "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e", "-c", "g"], 1, "no collection 'g'"),
        (["search", "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"], 2, "--collection"),
    ],
)
def test_the_process_ends_with_the_right_status(arguments: list[str], status: int, said: str, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "facies.core.cli", *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (run.returncode, run.stdout) == (status, "")
    assert said in run.stderr


def test_a_path_that_is_not_there_is_named_and_stops_no_other(
    shared_http: httpx.Client, shared: Service, gallery: Path, tmp_path: Path
) -> None:
    image = first(shared)
    folder, bad, gone = tmp_path / "mixed", tmp_path / "bad.png", str(tmp_path / "gone.png")
    folder.mkdir()
    bad.write_bytes(b"nothing but words, nothing but words")
    (folder / "bad.png").write_bytes(bad.read_bytes())
    (folder / "good.png").write_bytes((gallery / "well_log" / "0.png").read_bytes())
    unknown = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"

    def call(*targets: str) -> tuple[int, list[str], list[str]]:
        options = ["--collection", "g", "--api", str(shared_http.base_url)]
        people, program = (CliRunner().invoke(classify_app, [*targets, *options, *more]) for more in ([], ["--json"]))
        assert people.exit_code == program.exit_code
        answer = json.loads(program.stdout.splitlines()[-1])
        assert all(failure["path"] in people.stdout.replace("\n", "") for failure in answer["failures"])
        named, failed = ([one["path"] for one in answer[key]] for key in ("predictions", "failures"))
        return program.exit_code, named, failed

    found = [str(folder / "good.png")]
    assert call(gone, str(folder)) == (1, found, [gone, str(folder / "bad.png")])
    assert call(str(folder), str(bad)) == (1, found, [str(folder / "bad.png"), str(bad)])
    assert call(str(folder), unknown) == (1, found, [str(folder / "bad.png"), unknown])
    assert call(str(folder)) == (0, found, [str(folder / "bad.png")])
    assert call(image.id, gone)[1:] == ([image.uri], [gone])


def test_only_paths_that_are_not_there_are_wrong_usage(run: Run) -> None:
    with pytest.raises(QueryError, match=r"'gone\.png' is neither a file"):
        run(classify_app, "gone.png", "gone too.png")
