import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ClassTableError, LabelsError, UnknownClassError
from facies.core.segmentation import ClassTable
from facies.indexer.segmentation import labels as subject
from facies.indexer.segmentation.labels import find_table, read_labels

SHAPE = (12, 16)


def strokes(path: Path, *words: str | int, **more: object) -> Path:
    listed = [{"class": word, "width": 1, "points": [[2 * at, 3], [2 * at, 8]]} for at, word in enumerate(words)]
    path.write_text(json.dumps({"strokes": listed, **more}))
    return path


def test_the_three_forms_give_the_same_pixels(tmp_path: Path) -> None:
    drawn = read_labels(strokes(tmp_path / "s.json", 3, 7), SHAPE)
    Image.fromarray(drawn.image()).save(tmp_path / "l.png")
    lines = [
        f"{row},{column},{drawn.table.ids[index]},{stroke}"
        for row, column, index, stroke in zip(drawn.rows, drawn.columns, drawn.classes, drawn.strokes, strict=True)
    ]
    (tmp_path / "p.csv").write_text("\n".join(["row,column,class,stroke", *lines]))
    for name in ("l.png", "p.csv"):
        other = read_labels(tmp_path / name, SHAPE)
        assert other.table == drawn.table == ClassTable.of_ids([3, 7])
        assert np.array_equal(other.rows, drawn.rows)
        assert np.array_equal(other.columns, drawn.columns)
        assert np.array_equal(other.classes, drawn.classes)
        assert np.array_equal(other.strokes, drawn.strokes)


def test_several_files_share_a_table_of_all_their_names(tmp_path: Path) -> None:
    paths = [strokes(tmp_path / "a.json", "shale", "chalk"), strokes(tmp_path / "b.json", "sand")]
    assert find_table(paths) == find_table(paths[::-1]) == ClassTable.of_names(["chalk", "sand", "shale"])


def test_a_table_in_a_file_counts_for_all(tmp_path: Path) -> None:
    listed = [{"id": 40, "name": "sand"}, {"id": 2, "name": "shale"}]
    paths = [strokes(tmp_path / "a.json", "sand", classes=listed), strokes(tmp_path / "b.json", "shale")]
    assert find_table(paths).ids.tolist() == [40, 2]
    with pytest.raises(ClassTableError, match="different tables"):
        find_table([*paths, strokes(tmp_path / "c.json", "sand", classes=listed[:1])])


def test_names_and_ids_side_by_side_need_a_table(tmp_path: Path) -> None:
    with pytest.raises(ClassTableError, match=r"ids \(3\) and names \(sand\)"):
        find_table([strokes(tmp_path / "a.json", "sand", "3")])


def test_a_table_that_is_given_counts_before_all_others(tmp_path: Path) -> None:
    path = strokes(tmp_path / "a.json", "sand", classes=[{"id": 5, "name": "sand"}])
    assert read_labels(path, SHAPE, table=ClassTable.of_names(["x", "sand"])).classes.max() == 1
    with pytest.raises(UnknownClassError):
        read_labels(path, SHAPE, table=ClassTable.of_names(["x"]))


def test_another_suffix_or_no_file_is_refused_with_the_forms(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"read from \.json, \.png, \.csv, not from \.tif"):
        read_labels(tmp_path / "l.tif", SHAPE)
    with pytest.raises(LabelsError, match="No such file"):
        read_labels(tmp_path / "l.json", SHAPE)


def test_a_huge_file_is_refused_before_it_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MAX_TEXT_BYTES", 10)
    with pytest.raises(LabelsError, match="more than 10 bytes"):
        read_labels(strokes(tmp_path / "a.json", "sand"), SHAPE)
