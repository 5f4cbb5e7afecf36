from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from facies.api.cli import taxonomy_app
from facies.api.cli_merges import read_pairs
from facies.api.service import Service
from facies.core.errors import ConfigurationError, TaxonomyError, TaxonomyNotFoundError, UnknownTaxonError

Run = Callable[..., str]
TABLE = b"name,synonyms\nwell log,well_log\nbar chart,\nshale,\n"


@pytest.fixture
def run(http: httpx.Client, filled: Service, tmp_path: Path) -> Run:
    """Run a command through the service, whose collection uses a taxonomy of figures."""

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(taxonomy_app, [*arguments, "--api", str(http.base_url)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    (tmp_path / "figures.csv").write_bytes(TABLE)
    call("import", str(tmp_path / "figures.csv"))
    call("use", "figures", "-c", "g")
    return call


def test_labels_are_checked_confirmed_and_merged(run: Run, filled: Service, tmp_path: Path) -> None:
    kinds = {one["label"]: one["kind"] for one in json.loads(run("check", "-c", "g", "--json"))["labels"]}
    assert kinds == {
        "well_log": "synonym",
        "bar_chart": "misspelling",
        "laminated_shale": "unknown",
        "seismic_section": "unknown",
    }
    assert "--from 'bar_chart' --to 'bar chart'" in run("check", "-c", "g")
    merged = json.loads(run("merge", "-c", "g", "--from", "bar_chart", "--to", "bar chart", "--json"))
    assert (merged["images"], merged["merged"]) == (6, {"bar_chart": "bar chart"})
    assert filled.workspace.catalog.label_counts("g")["bar chart"] == 6
    (tmp_path / "pairs.csv").write_text("from,to,who\nlaminated_shale,shale,Ann\n")
    told = run("merge", "-c", "g", "--file", str(tmp_path / "pairs.csv"), "--all-synonyms")
    assert "laminated_shale -> shale" in told
    assert "well_log -> well log" in told
    assert "12 images, batch" in told
    assert "facies label undo" in told
    assert "no label to change" in run("merge", "-c", "g", "--all-synonyms")


def test_bad_merges_are_refused(run: Run) -> None:
    with pytest.raises(ConfigurationError, match="nothing to merge"):
        run("merge", "-c", "g")
    with pytest.raises(UnknownTaxonError, match="Did you mean 'shale'"):
        run("merge", "-c", "g", "--from", "bar_chart", "--to", "shele")
    run("use", "--none", "-c", "g")
    for command in (("check",), ("merge", "--all-synonyms")):
        with pytest.raises(TaxonomyNotFoundError, match="uses no taxonomy"):
            run(*command, "-c", "g")


def test_pairs_come_from_options_and_a_file(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("to;from\nc;d\nb;a\n")
    assert read_pairs(["a"], ["b"], file) == {"a": "b", "d": "c"}
    assert read_pairs([], [], None) == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("label,to\na,b\n", "has no column 'from'"),
        ("from,to\na,b\nc,\n", "line 3: expected a label in the column `from` and a taxon in `to`"),
        ("from\na\n", "line 2: expected a label"),
    ],
)
def test_a_file_without_pairs_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(TaxonomyError, match=message):
        read_pairs([], [], tmp_path / "p.csv")
    with pytest.raises(TaxonomyError, match="cannot read"):
        read_pairs([], [], tmp_path / "none.csv")


def test_options_that_do_not_pair_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="2 --from for 1 --to"):
        read_pairs(["a", "b"], ["c"], None)
    with pytest.raises(ConfigurationError, match="'a' is to become both 'b' and 'c'"):
        read_pairs(["a", "a"], ["b", "c"], None)
