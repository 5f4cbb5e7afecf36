from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, QueryError, StorageError
from facies.core.segmentation.class_files import read_class_table
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.generated_files import write_scene, write_scenes
from facies.indexer.segmentation.labels import find_table, read_labels
from facies.indexer.segmentation.mask_file import read_mask


@pytest.fixture(scope="module")
def scene() -> GeneratedScene:
    return generate_core(3, height=300, width=120, classes=4)


def test_what_was_written_is_read_again_by_strokes_and_by_label_image(scene: GeneratedScene, tmp_path: Path) -> None:
    written = write_scene(scene, tmp_path / "core")
    assert [path.name for path in written] == ["image.png", "truth.png", "labels.png", "strokes.json", "classes.json"]
    folder = tmp_path / "core"
    with Image.open(folder / "image.png") as image:
        assert np.array_equal(np.asarray(image), scene.image)
    assert np.array_equal(read_mask(folder / "truth.png"), scene.truth)
    assert read_class_table(folder / "classes.json") == scene.table == find_table([folder / "strokes.json"])
    for name in ("strokes.json", "labels.png"):
        labels = read_labels(folder / name, (300, 120), table=scene.table)
        assert np.array_equal(labels.image(), scene.labels.image())
        pairs = set(zip(labels.groups().tolist(), scene.labels.groups().tolist(), strict=True))
        assert len(pairs) == len(scene.strokes.strokes)


def test_several_scenes_lie_as_pairs_of_images_and_masks(scene: GeneratedScene, tmp_path: Path) -> None:
    written = write_scenes([scene, scene], tmp_path)
    assert len(written) == 9
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["0000.png", "0001.png"]
    assert np.array_equal(read_mask(tmp_path / "masks" / "0001.png"), scene.truth)
    assert '"image": "0001.png"' in (tmp_path / "strokes" / "0001.json").read_text()


def test_no_scenes_and_no_folder_are_refused(scene: GeneratedScene, tmp_path: Path) -> None:
    with pytest.raises(QueryError):
        write_scenes([], tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write_scene(scene, tmp_path / "file")


def test_a_foreign_file_is_not_written_over_and_a_drawn_one_is_drawn_again(
    scene: GeneratedScene, tmp_path: Path
) -> None:
    written = write_scene(scene, tmp_path / "core")
    assert write_scene(scene, tmp_path / "core") == written
    (tmp_path / "core" / "labels.png").write_bytes(b"of a person")
    (tmp_path / "core" / "image.png").unlink()
    with pytest.raises(ConfigurationError, match=r"labels\.png is there already"):
        write_scene(scene, tmp_path / "core")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "0001.png").write_bytes(b"a photograph")
    with pytest.raises(ConfigurationError, match=r"0001\.png is there already"):
        write_scenes([scene, scene], tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {f"core/{name}" for name in ("labels.png", "truth.png", "strokes.json", "classes.json")} | {
        "images/0001.png"
    }
