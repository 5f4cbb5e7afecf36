from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facies.api.cli import classify_app, taxonomy_app
from facies.core.errors import (
    ConfigurationError,
    TaxonomyConflictError,
    TaxonomyError,
    TaxonomyNotFoundError,
)
from facies.indexer.cli import index_app

Run = Callable[..., Any]


def test_a_taxonomy_comes_is_shown_and_goes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("name,rank,parent\nsea,,\nbeach,,sea\n")
    made = run(taxonomy_app, "import", str(file))
    assert (made["taxonomy"]["name"], made["taxonomy"]["taxa"], made["notes"]) == ("mine", 2, [])
    names = [one["name"] for one in run(taxonomy_app, "list")["taxonomies"]]
    assert names == ["geoimages-57", "intel-scenes", "mine", "scampi-20"]
    assert "comes with facies" in run(taxonomy_app, "list", as_json=False)
    assert [taxon["parent"] for taxon in run(taxonomy_app, "show", "mine")["taxa"]] == [None, "sea"]
    assert "beach" in run(taxonomy_app, "show", "mine", as_json=False)
    with pytest.raises(TaxonomyConflictError, match="--replace"):
        run(taxonomy_app, "import", str(file))
    told = run(taxonomy_app, "import", str(file), "--replace", "--name", "mine", as_json=False)
    assert "taxonomy mine: 2 taxa" in told
    assert run(taxonomy_app, "delete", "mine") == {"deleted": "mine"}
    with pytest.raises(TaxonomyNotFoundError):
        run(taxonomy_app, "show", "mine")


def test_a_taxonomy_is_written_to_a_new_file_or_to_standard_output(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "scenes.csv"
    assert run(taxonomy_app, "export", "intel-scenes", str(file)) == {"taxonomy": "intel-scenes", "file": str(file)}
    shown = run(taxonomy_app, "export", "intel-scenes", as_json=False)
    assert shown == file.read_text() == run(taxonomy_app, "export", "intel-scenes")["table"]
    rows = [row for row in csv.reader(io.StringIO(shown)) if not row[0].startswith("#")]
    assert [row[0] for row in rows] == ["name", "buildings", "forest", "glacier", "mountain", "sea", "street"]
    with pytest.raises(ConfigurationError, match="exists already and is not overwritten"):
        run(taxonomy_app, "export", "scampi-20", str(file))
    assert file.read_text() == shown
    with pytest.raises(ConfigurationError, match=r"there is no folder .*none; make it first"):
        run(taxonomy_app, "export", "scampi-20", str(tmp_path / "none" / "x.csv"))


def test_notes_of_an_import_are_said(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "dwc.csv"
    file.write_text("scientificName,taxonomicStatus\nAa,\nBb,synonym\n")
    made = run(taxonomy_app, "import", str(file), "--title", "two")
    assert made["notes"] == ["left out synonyms without an accepted name: Bb"]
    assert "note: left out" in run(taxonomy_app, "import", str(file), "--replace", as_json=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("label\nx\n", "has no column 'name'"),
        ("name\na\nA\n", "twice, in lines 2 and 3"),
        ("name,parent\na,b\n", "is no name in it"),
        ("name,parent\na,b\nb,a\n", "circle: a -> b -> a"),
    ],
)
def test_what_is_no_taxonomy_is_refused(run: Run, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(text)
    with pytest.raises(TaxonomyError, match=message):
        run(taxonomy_app, "import", str(file))
    assert len(run(taxonomy_app, "list")["taxonomies"]) == 3
    with pytest.raises(TaxonomyError, match="cannot read"):
        run(taxonomy_app, "import", str(tmp_path / "none.csv"))


def test_a_text_is_resolved_or_has_suggestions(run: Run) -> None:
    assert run(taxonomy_app, "suggest", "geoimages-57", "tsi")["name"] == "Thin-Section Microscopic"
    near = run(taxonomy_app, "suggest", "scampi-20", "areoligra", "-n", "1")["suggestions"]
    assert [one["name"] for one in near] == ["areoligera"]
    assert "areoligera" in run(taxonomy_app, "suggest", "scampi-20", "areoligra", as_json=False)


def test_a_collection_uses_one_and_answers_by_it(run: Run, small: Path, tmp_path: Path) -> None:
    run(index_app, str(small), "-c", "c", "--labels", "folder", "--model", "efficientnet-lite0", "--recipe", "fast")
    assert run(taxonomy_app, "use", "-c", "c") == {"collection": "c", "taxonomy": None}
    (tmp_path / "mine.csv").write_text("name,parent,depth_min_m\nplots,,\nbar_chart,plots,\nwell_log,plots,3000\n")
    run(taxonomy_app, "import", str(tmp_path / "mine.csv"))
    assert run(taxonomy_app, "use", "mine", "-c", "c") == {"collection": "c", "taxonomy": "mine"}
    assert "uses mine" in run(taxonomy_app, "use", "-c", "c", as_json=False)
    image = str(small / "bar_chart" / "0.png")
    answer = run(classify_app, image, "-c", "c", "--roll-up", "0.9999", "--only", "plots", "--temperature", "1")
    (found,) = answer["predictions"]
    assert (found["rolled_up"]["taxon"], found["rolled_up"]["reached"]) == ("plots", True)
    assert answer["hidden"] == [{"label": "laminated_shale", "reason": "it is no taxon of mine"}]
    deep = run(classify_app, image, "-c", "c", "--depth", "0", "2999", "--age", "1", "2")
    assert [hidden["label"] for hidden in deep["hidden"]] == ["well_log"]
    assert "rolled_up" not in deep["predictions"][0]
    told = run(classify_app, image, "-c", "c", "--depth", "0", "2999", "--roll-up", "0.5", as_json=False)
    assert "hidden well_log: the depth of well_log is 3000 and more m, outside 0 to 2999 m" in told
    assert run(taxonomy_app, "use", "--none", "-c", "c")["taxonomy"] is None
    with pytest.raises(ConfigurationError, match="expected one of the two"):
        run(taxonomy_app, "use", "mine", "--none", "-c", "c")
    with pytest.raises(TaxonomyNotFoundError, match="uses no taxonomy"):
        run(classify_app, image, "-c", "c", "--roll-up", "0.9")
