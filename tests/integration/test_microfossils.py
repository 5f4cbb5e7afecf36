"""The main job on real microfossils with real weights, held against numpy and scikit-learn on the same vectors."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from facies.api.classify import classify_images
from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service, open_service
from facies.core.cli import main
from facies.core.images import content_hash, decode_image, image_id
from facies.core.metrics import Embeddings
from facies.core.settings import load_settings
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Example, SearchBody

HELD_OUT_EVERY = 7
K, TEMPERATURE = 15, 0.05


@dataclass(frozen=True)
class Indexed:
    """An open service over most of the benchmark, and what was kept from it."""

    service: Service
    gallery: list[Path]
    held_out: list[Path]
    vectors: Embeddings
    labels: list[str]
    ids: list[str]


@pytest.fixture(scope="module")
def indexed(test_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Indexed]:
    paths = sorted(test_data("scampi-20").glob("*/*.jpg"))
    held_out, gallery = paths[::HELD_OUT_EVERY], [p for i, p in enumerate(paths) if i % HELD_OUT_EVERY]
    folder = tmp_path_factory.mktemp("microfossils")
    with (folder / "gallery.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label"), *((p, p.parent.name) for p in gallery)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FACIES_DATA_DIR", str(folder / "data"))
        options = ["--collection", "m", "--labels", "manifest", "--model", "efficientnet-lite0"]
        patch.setattr("sys.argv", ["facies", "index", str(folder / "gallery.csv"), *options])
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code
        settings = load_settings()
    with open_service(settings) as service:
        ids = [image_id(content_hash(p.read_bytes())) for p in gallery]
        points = service.workspace.store.get("m", ids)
        vectors = np.stack([points[i].vectors["efficientnet-lite0"] for i in ids])
        yield Indexed(service, gallery, held_out, vectors, [p.parent.name for p in gallery], ids)


def order(indexed: Indexed, query: np.ndarray) -> list[str]:
    return [indexed.ids[i] for i in np.argsort(-(indexed.vectors @ query), kind="stable")]


@pytest.mark.parametrize("number", range(0, 580, 29))
def test_an_upload_finds_itself_first_and_then_what_an_exact_search_finds(indexed: Indexed, number: int) -> None:
    path = indexed.gallery[number]
    upload = Upload(path.name, path.read_bytes)
    found = search_images(indexed.service, "m", SearchBody(positive=[Example(upload=0)], k=20), [upload]).neighbours
    assert Path(found[0].path).samefile(path)
    assert found[0].similarity > 0.9999
    assert [n.id for n in found] == order(indexed, indexed.vectors[number])[:20]


@pytest.mark.parametrize("number", range(0, 580, 29))
def test_an_image_by_id_is_left_out_of_its_own_exact_neighbours(indexed: Indexed, number: int) -> None:
    own = indexed.ids[number]
    found = search_images(indexed.service, "m", SearchBody(positive=[Example(id=own)], k=20)).neighbours
    assert [n.id for n in found] == [i for i in order(indexed, indexed.vectors[number]) if i != own][:20]
    expected = sorted((indexed.vectors @ indexed.vectors[number]).tolist(), reverse=True)[1:21]
    assert [n.similarity for n in found] == pytest.approx(expected, abs=1e-5)


def test_held_out_images_get_the_names_that_scikit_learn_gives(indexed: Indexed) -> None:
    uploads = [Upload(p.name, p.read_bytes) for p in indexed.held_out]
    body = ClassifyBody(examples=[Example(upload=i) for i in range(len(uploads))], k=K, temperature=TEMPERATURE, top=1)
    ours = [p.top[0] for p in classify_images(indexed.service, "m", body, uploads).predictions]

    made = indexed.service.workspace.catalog.collection("m").default_vector.fingerprint
    embedder = indexed.service.embedders.get(made.card, made)
    queries = embedder.embed([decode_image(u.read(), u.name, max_pixels=10**8).pixels for u in uploads])
    reference = KNeighborsClassifier(
        n_neighbors=K, metric="cosine", algorithm="brute", weights=lambda distance: np.exp(-distance / TEMPERATURE)
    ).fit(indexed.vectors, indexed.labels)
    assert len(ours) == 100
    assert [p.label for p in ours] == reference.predict(queries).tolist()
    assert [p.probability for p in ours] == pytest.approx(reference.predict_proba(queries).max(axis=1), abs=1e-4)
