"""``facies datasets`` as a person calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from typer.testing import CliRunner

from facies.core.errors import ConfigurationError, DownloadError
from facies.indexer.cli_datasets import app

runner = CliRunner()


def test_sample_draws_and_says_what_is_next(tmp_path: Path) -> None:
    result = runner.invoke(app, ["sample", str(tmp_path / "new"), "--per-class", "1"])
    assert result.exit_code == 0, result.output
    assert "facies index" in result.stdout
    assert len(list((tmp_path / "new").rglob("*.png"))) >= 10


def test_sample_json_is_the_last_line(tmp_path: Path) -> None:
    result = runner.invoke(app, ["sample", str(tmp_path), "--per-class", "1", "--seed", "3", "--json"])
    report = json.loads(result.stdout.splitlines()[-1])
    assert report["images"] == report["classes"] == len(list(tmp_path.rglob("*.png")))
    assert Path(report["manifest"]).is_file()


def test_numbers_out_of_range_are_usage_errors(tmp_path: Path) -> None:
    for wrong in (["--per-class", "0"], ["--seed", "-1"]):
        assert runner.invoke(app, ["sample", str(tmp_path), *wrong]).exit_code == 2


def test_fetch_from_a_folder_goes_to_the_data_folder(test_data: Callable[[str], Path], tmp_path: Path) -> None:
    arguments = ["fetch", "scampi", "--from", str(test_data("scampi-20")), "--json"]
    first = json.loads(runner.invoke(app, arguments).stdout.splitlines()[-1])
    again = json.loads(runner.invoke(app, arguments).stdout.splitlines()[-1])
    assert first.keys() == {"dataset", "out", "fetched", "present", "seconds"}
    assert (first["fetched"], first["present"], again["fetched"], again["present"]) == (697, 0, 0, 697)
    assert Path(first["out"]) == tmp_path / "data" / "datasets" / "scampi"


def test_fetch_says_licence_and_next_command(test_data: Callable[[str], Path], tmp_path: Path) -> None:
    result = runner.invoke(
        app, ["fetch", "scampi", "--from", str(test_data("scampi-20")), "--out", str(tmp_path / "out")]
    )
    assert "NLOD 2.0" in result.stdout
    assert f"facies index {tmp_path / 'out'}" in result.stdout


def test_errors_are_those_that_the_root_command_explains(tmp_path: Path) -> None:
    assert isinstance(runner.invoke(app, ["fetch", "nope"]).exception, ConfigurationError)
    missing = runner.invoke(app, ["fetch", "scampi", "--from", str(tmp_path / "nowhere")])
    assert isinstance(missing.exception, DownloadError)


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; import facies.indexer.cli_datasets;"
        "print(sorted({'numpy', 'PIL', 'httpx', 'torch', 'facies.models'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
