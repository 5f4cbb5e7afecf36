from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facies.core.errors import QueryError, RecipeError, UnknownModelError
from facies.core.settings import Settings
from facies.indexer.evaluation import gallery as module
from facies.indexer.evaluation.gallery import Gallery, embed_gallery
from facies.indexer.evaluation.subjects import Grouping, Subjects, list_source
from facies.indexer.limits import Limits
from facies.indexer.progress import ProgressUpdate
from facies.indexer.sources import Labels, SourceItem, open_source
from facies.models.card_recipes import CardRecipe
from facies.models.recipes import PLAIN
from tests.indexer.conftest import Draw, PixelEmbedder, TurningEmbedder, write_tiff

LIMITS = Limits()


@pytest.fixture
def pixels(monkeypatch: pytest.MonkeyPatch) -> PixelEmbedder:
    """Takes the place of the network, for every card and recipe; whitened where the recipe is called so."""
    embedder = TurningEmbedder()

    def load(_card: str, recipe: str, *_: object) -> tuple[PixelEmbedder, CardRecipe]:
        return embedder, CardRecipe(recipe, PLAIN, whitened=recipe == "whitened")

    monkeypatch.setattr(module, "_load", load)
    return embedder


def embed(folder: Path, recipe: str = "fast", grouping: Grouping | None = None, location: str = "in") -> Gallery:
    labels: Labels = "manifest" if location.endswith(".csv") else "folder"
    subjects = list_source(open_source(str(folder / location), labels=labels), grouping)
    return embed_gallery(subjects, "pixels", recipe, settings=Settings(), limits=LIMITS)


def test_labels_follow_their_vectors(draw: Draw, tmp_path: Path, pixels: PixelEmbedder) -> None:
    for i in range(7):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    write_tiff(tmp_path / "in" / "a" / "pages.tif", 2)
    found = embed(tmp_path)
    assert found.titles == (
        *("a/0.png", "a/2.png", "a/4.png", "a/6.png", "a/pages.tif, page 1", "a/pages.tif, page 2"),
        *("b/1.png", "b/3.png", "b/5.png"),
    )
    assert found.labels == ("a",) * 6 + ("b",) * 3
    assert len(set(found.keys)) == 9
    assert (found.name, found.model, found.recipe) == ("pixels:fast", "pixels", "fast")
    assert found.vectors.shape == (9, 16)
    assert found.images_per_s is not None
    assert found.images_per_s > 0
    assert all(found.read_thumbnail(key) for key in found.keys)


def test_bad_files_are_listed_and_not_fatal(draw: Draw, tmp_path: Path, pixels: PixelEmbedder) -> None:
    draw("in/a/1.png", 1)
    draw("in/a/2.png", 2).write_bytes(b"no image at all")
    (tmp_path / "in" / "a" / "cut.png").write_bytes(draw("whole.png", 3).read_bytes()[:200])
    found = embed(tmp_path)
    assert found.titles == ("a/1.png",)
    assert sorted(Path(failure.path).name for failure in found.failures) == ["2.png", "cut.png"]
    draw("in/a/1.png", 1).unlink()
    with pytest.raises(QueryError, match="none of the 2 labelled files"):
        embed(tmp_path)


def test_groups_of_a_manifest(draw: Draw, tmp_path: Path, pixels: PixelEmbedder) -> None:
    draw("1.png", 1)
    draw("2.png", 2)
    (tmp_path / "m.csv").write_text("path,label,source\n2.png,a,x/2\n1.png,b,y/1\n")
    found = embed(tmp_path, grouping=Grouping("source", 1), location="m.csv")
    assert (found.labels, found.groups) == (("a", "b"), ("x", "y"))


def test_a_whitened_recipe_is_whitened_here(draw: Draw, tmp_path: Path, pixels: PixelEmbedder) -> None:
    for i in range(60):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    plain, found = embed(tmp_path), embed(tmp_path, "whitened")
    assert found.vectors.shape == (60, 15)  # a quarter of the images, which are too few for more
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert found.fingerprint.recipe.startswith(f"{plain.fingerprint.recipe}; whitened by views")
    assert "fitted on these 60 images without their labels" in found.notes[-1]


def test_too_few_for_whitening_is_said(draw: Draw, tmp_path: Path, pixels: PixelEmbedder) -> None:
    draw("in/a/1.png", 1)
    found = embed(tmp_path, "whitened")
    assert "1 images are too few" in found.notes[-1]
    assert found.fingerprint == pixels.fingerprint


def test_the_real_network_by_name(draw: Draw, tmp_path: Path) -> None:
    draw("in/a/1.png", 1, size=(300, 260))
    draw("in/b/2.png", 2, size=(300, 260))
    subjects = list_source(open_source(str(tmp_path / "in"), labels="folder"))
    told: list[ProgressUpdate] = []
    found = embed_gallery(
        subjects, "efficientnet-lite0", "fast", raw=True, settings=Settings(), limits=LIMITS, progress=told.append
    )
    assert found.raw is not None
    assert found.raw.shape == found.vectors.shape == (2, 1280)
    assert np.allclose(found.raw / np.linalg.norm(found.raw, axis=1, keepdims=True), found.vectors, atol=1e-6)
    assert [(update.done, update.total) for update in told] == [(1, 2), (2, 2)]
    for card, recipe, error in (
        ("efficientnet-lite00", "fast", UnknownModelError),
        ("efficientnet-lite0", "quick", RecipeError),
    ):
        with pytest.raises(error):
            embed_gallery(subjects, card, recipe, settings=Settings(), limits=LIMITS)


def test_ids_of_a_collection_are_the_keys(draw: Draw, tmp_path: Path, pixels: PixelEmbedder) -> None:
    path = str(draw("1.png", 1))
    subjects = Subjects((SourceItem(path, "1.png", "a"),), ids={path: "the id"})
    found = embed_gallery(subjects, "pixels", settings=Settings(), limits=LIMITS)
    assert found.keys == ("the id",)
    assert found.read_thumbnail("the id") is not None
