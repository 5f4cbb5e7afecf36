"""Search and classification with a real network on real microfossils, against plain numpy and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from facies.api.classify import classify_images
from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service, open_service
from facies.core.errors import FingerprintMismatchError
from facies.core.images import decode_image
from facies.core.records import ImageRecord
from facies.core.settings import Settings
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Crop, Example, SearchBody
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source

from .conftest import CARD

GENERA = ("alisocysta", "areoligera", "deflandrea", "spiniferites")
T = 0.05


@pytest.fixture(scope="module")
def folders(test_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Path]]:
    """Seven images of each of four genera in a folder to index, and three more of each."""
    scampi = test_data("scampi-20")
    root = tmp_path_factory.mktemp("microfossils")
    held_out: list[Path] = []
    for genus in GENERA:
        (root / genus).mkdir()
        paths = sorted((scampi / genus).glob("*.jpg"))
        for path in paths[:7]:
            (root / genus / path.name).symlink_to(path)
        held_out += paths[7:10]
    return root, held_out


@pytest.fixture(scope="module")
def fossils(folders: tuple[Path, list[Path]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with open_service(Settings(data_dir=tmp_path_factory.mktemp("data"))) as service:
        index_source(service.workspace, service.embedders.get(CARD), "m", open_source(str(folders[0]), labels="folder"))
        yield service


@pytest.fixture(scope="module")
def images(fossils: Service) -> list[ImageRecord]:
    found = list(fossils.workspace.catalog.iter_images("m"))
    assert len(found) == 7 * len(GENERA)
    return found


@pytest.fixture(scope="module")
def vectors(fossils: Service, images: list[ImageRecord]) -> np.ndarray:
    points = fossils.workspace.store.get("m", [image.id for image in images], vectors=True)
    return np.stack([points[image.id].vectors[CARD] for image in images])


def test_search_by_id_and_by_upload_is_exact(fossils: Service, images: list[ImageRecord], vectors: np.ndarray) -> None:
    similarities = vectors @ vectors.T
    for row in range(0, len(images), 3):
        image = images[row]
        order = [i for i in np.argsort(-similarities[row], kind="stable") if i != row]
        by_id = search_images(fossils, "m", SearchBody(positive=[Example(id=image.id)], k=5)).neighbours
        assert [n.id for n in by_id] == [images[i].id for i in order[:5]]
        np.testing.assert_allclose([n.similarity for n in by_id], similarities[row, order[:5]], atol=1e-5)
        upload = Upload("query.jpg", Path(image.uri).read_bytes)
        by_upload = search_images(fossils, "m", SearchBody(positive=[Example(upload=0)], k=5), [upload]).neighbours
        assert by_upload[0].id == image.id
        assert by_upload[0].similarity > 0.9999
        assert [n.id for n in by_upload[1:]] == [images[i].id for i in order[:4]]


def test_classification_of_held_out_images_is_that_of_scikit_learn(
    fossils: Service, folders: tuple[Path, list[Path]], images: list[ImageRecord], vectors: np.ndarray
) -> None:
    held_out = folders[1]
    uploads = [Upload(path.name, path.read_bytes) for path in held_out]
    body = ClassifyBody(examples=[Example(upload=i) for i in range(len(uploads))], k=7, temperature=T)
    ours = classify_images(fossils, "m", body, uploads).predictions
    reference = KNeighborsClassifier(
        7, metric="cosine", weights=lambda distances: np.exp(-(distances - distances.min(axis=1, keepdims=True)) / T)
    ).fit(vectors, [image.label for image in images])
    embedder = fossils.embedders.get(CARD)
    queries = embedder.embed([decode_image(p.read_bytes(), p.name, max_pixels=10**8).pixels for p in held_out])
    assert [answer.top[0].label for answer in ours] == list(reference.predict(queries))


def test_a_crop_is_a_query_of_its_own(fossils: Service, images: list[ImageRecord]) -> None:
    image = images[0]
    crop = Crop(x=image.width // 8, y=image.height // 8, width=image.width * 3 // 4, height=image.height * 3 // 4)
    found = search_images(fossils, "m", SearchBody(positive=[Example(id=image.id, crop=crop)], k=3)).neighbours
    assert image.id in {n.id for n in found}
    assert found[0].similarity < 0.9999


def test_vectors_of_another_preparation_are_refused_at_query_time(
    fossils: Service, images: list[ImageRecord], tmp_path: Path
) -> None:
    record = fossils.workspace.catalog.collection("m")
    other = replace(record.vectors[0], fingerprint=replace(record.vectors[0].fingerprint, weights_sha256="0" * 64))
    with pytest.raises(FingerprintMismatchError, match="weights_sha256: stored 0000"):
        fossils.embedders.matching(fossils.workspace.catalog, record, other)
