"""What an embedder promises: on packaged weights, on synthetic ones, and on the real benchmark."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from facies.core.errors import (
    ConfigurationError,
    ImageError,
    ModelError,
    RecipeError,
    UnknownModelError,
    WeightsMismatchError,
    WeightsNotFoundError,
)
from facies.core.metrics import exact_neighbours, macro_f1, precision_at_class_size
from facies.core.settings import ModelSettings
from facies.models.card_recipes import find_recipe
from facies.models.embedder import Embedder, NetworkEmbedder, load_embedder
from facies.models.recipes import parse_recipe
from facies.models.registry import CARDS, get_card
from facies.models.runtimes.choice import openvino_is_here, suits_openvino
from facies.models.synthetic import write_seeded_checkpoint

if TYPE_CHECKING:
    from tests.models.conftest import Benchmark

Images = Sequence[np.ndarray[Any, np.dtype[np.uint8]]]


def test_embeddings_are_float32_unit_rows_in_order(lite0: NetworkEmbedder, drawn_images: Images) -> None:
    embeddings = lite0.embed(drawn_images)
    assert isinstance(lite0, Embedder)
    assert embeddings.shape == (len(drawn_images), lite0.dim)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-6)
    for row, image in zip(embeddings, drawn_images, strict=True):
        np.testing.assert_allclose(lite0.embed([image])[0], row, atol=1e-5)


def test_an_image_is_its_own_nearest_neighbour(lite0: NetworkEmbedder, drawn_images: Images) -> None:
    embeddings = lite0.embed(drawn_images)
    indices, similarities = exact_neighbours(embeddings, embeddings, k=1)
    assert indices[:, 0].tolist() == list(range(len(drawn_images)))
    np.testing.assert_allclose(similarities, 1, atol=1e-5)


def test_permuted_images_give_permuted_rows(lite0: NetworkEmbedder, drawn_images: Images) -> None:
    order = np.random.default_rng(1).permutation(len(drawn_images))
    shuffled = lite0.embed([drawn_images[i] for i in order])
    np.testing.assert_allclose(shuffled, lite0.embed(drawn_images)[order], atol=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_batch_size_changes_nothing(
    batch_size: int, lite0: NetworkEmbedder, drawn_images: Images, tmp_path: Path
) -> None:
    settings = ModelSettings(batch_size=batch_size, offline=True, device="cpu")
    other = load_embedder("efficientnet-lite0", settings=settings, weights_dir=tmp_path)
    np.testing.assert_allclose(other.embed(drawn_images), lite0.embed(drawn_images), atol=1e-5)
    assert other.fingerprint == lite0.fingerprint


def test_threads_may_share_an_embedder(lite0: NetworkEmbedder, drawn_images: Images) -> None:
    expected = lite0.embed(drawn_images)
    results: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda n=n: results.update({n: lite0.embed(drawn_images[n:])})) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, embeddings in results.items():
        np.testing.assert_allclose(embeddings, expected[n:], atol=1e-5)
    assert len(results) == 4


def test_no_images_give_no_rows(lite0: NetworkEmbedder) -> None:
    assert lite0.embed([]).shape == (0, 1280)


def test_pixels_of_another_shape_are_refused(lite0: NetworkEmbedder) -> None:
    with pytest.raises(ImageError, match=r"\(5, 5\) uint8"):
        lite0.embed([np.zeros((5, 5), np.uint8)])


def test_fingerprint_says_how_vectors_are_made(lite0: NetworkEmbedder) -> None:
    fingerprint = lite0.fingerprint
    assert fingerprint.card == lite0.name == "efficientnet-lite0"
    assert fingerprint.weights_sha256 == "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
    assert fingerprint.preprocessing == (
        "JPEG by scaled DCT to no less than 512, squash 256 bicubic antialias uint8 torch, crop 224, "
        "mean 0.5 0.5 0.5, std 0.5 0.5 0.5"
    )
    assert fingerprint.recipe == "final layer, average pool, one view"
    best = "openvino" if openvino_is_here() and suits_openvino() else "torch"
    assert (fingerprint.runtime, fingerprint.precision) == (best, "f32")


@pytest.mark.parametrize("name", ["scampi-vits16", "dino-vits8", "resnet18", "efficientnet-b0", "dinov2-vits14"])
def test_given_weights_make_an_embedder(name: str, tmp_path: Path, offline: ModelSettings) -> None:
    card = get_card(name)
    file = write_seeded_checkpoint(card, tmp_path / "seeded.safetensors", seed=3)
    embedder = load_embedder(name, weights=file, settings=offline, weights_dir=tmp_path)
    rng = np.random.default_rng(0)
    embeddings = embedder.embed([rng.integers(0, 256, (50, 70, 3), dtype=np.uint8) for _ in range(2)])
    assert embeddings.shape == (2, card.dim) == (2, embedder.dim)
    assert not np.array_equal(embeddings[0], embeddings[1])


def test_other_weights_give_another_fingerprint(tmp_path: Path, offline: ModelSettings) -> None:
    card = get_card("resnet18")
    prints = [
        load_embedder(
            "resnet18",
            weights=write_seeded_checkpoint(card, tmp_path / f"{seed}.safetensors", seed),
            settings=offline,
            weights_dir=tmp_path,
        ).fingerprint
        for seed in (1, 2)
    ]
    assert [line.split(":")[0] for line in prints[0].differences(prints[1])] == ["weights_sha256"]


def test_class_token_after_the_final_norm_is_the_vector(tmp_path: Path, offline: ModelSettings) -> None:
    import timm
    import torch

    from facies.models.preprocess import normalise, prepare_batch

    card = get_card("scampi-vits16")
    file = write_seeded_checkpoint(card, tmp_path / "seeded.pth", seed=4)
    embedder = load_embedder(card.name, weights=file, settings=offline, weights_dir=tmp_path)
    image = np.random.default_rng(2).integers(0, 256, (300, 260, 3), dtype=np.uint8)
    plain = timm.create_model("vit_small_patch16_224", pretrained=False, num_classes=0).eval()
    plain.load_state_dict(torch.load(file, weights_only=True))
    with torch.inference_mode():
        tokens = plain.forward_features(normalise(prepare_batch([image], card), card.mean, card.std))  # type: ignore[operator]  # timm's own method
    expected = torch.nn.functional.normalize(tokens[:, 0]).numpy()
    np.testing.assert_allclose(embedder.embed([image]), expected, atol=1e-5)


@pytest.fixture(scope="module")
def embedders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NetworkEmbedder]:
    """By recipe of efficientnet-lite0, packaged weights; one in two sizes that no recipe of the card has."""
    folder, card = tmp_path_factory.mktemp("weights"), get_card("efficientnet-lite0")
    texts = {"upright": "upright", "default": "default", "sizes": "8 views; at 64 96 px; 70% mean+std; output x0.5"}
    return {
        name: load_embedder(
            card.name,
            recipe=find_recipe(card, text).recipe,
            settings=ModelSettings(offline=True, device="cpu"),
            weights_dir=folder,
        )
        for name, text in texts.items()
    }


@pytest.mark.parametrize("name", ["upright", "default", "sizes"])
def test_recipes_make_unit_rows_in_any_company(
    name: str, embedders: dict[str, NetworkEmbedder], drawn_images: Images
) -> None:
    embedder = embedders[name]
    rows = embedder.embed(drawn_images[:5])
    assert rows.shape == (5, embedder.dim)
    assert embedder.embed([]).shape == (0, embedder.dim)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    for row, image in zip(rows, drawn_images, strict=False):
        np.testing.assert_allclose(embedder.embed([image])[0], row, atol=1e-5)


@pytest.mark.parametrize("name", ["upright", "default", "sizes"])
def test_a_vector_is_the_mean_of_its_views(
    name: str, embedders: dict[str, NetworkEmbedder], drawn_images: Images
) -> None:
    embedder = embedders[name]
    views = embedder.embed_views([embedder.prepare(image) for image in drawn_images[:3]])
    assert views.shape[1] == {"upright": 1, "default": 8, "sizes": 16}[name]
    np.testing.assert_allclose(views.mean(axis=1), embedder.embed(drawn_images[:3]), atol=1e-6)


def test_turning_a_square_picture_changes_nothing_where_all_views_count(
    embedders: dict[str, NetworkEmbedder],
) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (256, 256, 3), dtype=np.uint8)
    turned = np.ascontiguousarray(np.rot90(picture)[:, ::-1])
    for name, same in (("default", True), ("upright", False)):
        rows = embedders[name].embed([picture, turned])
        assert (float(rows[0] @ rows[1]) > 1 - 1e-5) == same


def test_a_recipe_is_found_again_by_its_fingerprint(
    embedders: dict[str, NetworkEmbedder], drawn_images: Images, tmp_path: Path, offline: ModelSettings
) -> None:
    made = embedders["sizes"]
    again = load_embedder("efficientnet-lite0", settings=offline, weights_dir=tmp_path, like=made.fingerprint)
    assert again.fingerprint == made.fingerprint
    assert again.recipe.text == made.fingerprint.recipe == "8 views; at 64 96 px; 70% mean+std; output x0.5"
    np.testing.assert_allclose(again.embed(drawn_images[:2]), made.embed(drawn_images[:2]), atol=1e-6)


def test_a_transformer_gives_class_and_patch_tokens(tmp_path: Path, offline: ModelSettings) -> None:
    """SCAMPI's form of checkpoint with pseudo-random values; the expected tokens come from timm itself."""
    import timm
    import torch

    from facies.models.preprocess import normalise, prepare_batch

    card = get_card("scampi-vits16")
    file = write_seeded_checkpoint(card, tmp_path / "seeded.pth", seed=4)
    recipe = parse_recipe("1 view; blocks.8 class+mean; output")
    embedder = load_embedder(card.name, recipe=recipe, weights=file, settings=offline, weights_dir=tmp_path)
    image = np.random.default_rng(2).integers(0, 256, (300, 260, 3), dtype=np.uint8)
    plain = timm.create_model("vit_small_patch16_224", pretrained=False, num_classes=0).eval()
    plain.load_state_dict(torch.load(file, weights_only=True))
    with torch.inference_mode():
        pixels = normalise(prepare_batch([image], card), card.mean, card.std)
        final, tokens = plain.forward_intermediates(pixels, indices=[8], output_fmt="NLC", return_prefix_tokens=True)  # type: ignore[operator]  # timm's own method
        patches, prefix = tokens[0]
    layer = torch.cat([prefix[:, 0], patches.mean(dim=1)], dim=1)
    parts = [torch.nn.functional.normalize(layer), torch.nn.functional.normalize(final_class(plain, final))]
    expected = torch.nn.functional.normalize(torch.cat(parts, dim=1)).numpy()
    np.testing.assert_allclose(embedder.embed([image]), expected, atol=1e-4)


def final_class(network: Any, final: Any) -> Any:
    tokens = final[0] if isinstance(final, tuple) else final
    return tokens[:, 0]


def test_reference_resizing_is_part_of_the_fingerprint_and_follows_it(
    lite0: NetworkEmbedder, drawn_images: Images, tmp_path: Path
) -> None:
    settings = ModelSettings(offline=True, device="cpu", resizing="reference")
    reference = load_embedder("efficientnet-lite0", settings=settings, weights_dir=tmp_path)
    assert "antialias uint8 Pillow" in reference.fingerprint.preprocessing
    assert reference.draft_px is None
    plain = ModelSettings(offline=True, device="cpu")
    again = load_embedder("efficientnet-lite0", settings=plain, weights_dir=tmp_path, like=reference.fingerprint)
    np.testing.assert_allclose(again.embed(drawn_images), reference.embed(drawn_images), atol=1e-6)
    cosines = (reference.embed(drawn_images) * lite0.embed(drawn_images)).sum(axis=1)
    assert 0.99 < cosines.min() < cosines.max() <= 1 + 1e-6
    assert not np.array_equal(reference.embed(drawn_images), lite0.embed(drawn_images))
    with pytest.raises(ConfigurationError, match="FACIES_MODELS__RESIZING"):
        load_embedder("efficientnet-lite0", settings=settings, weights_dir=tmp_path, like=lite0.fingerprint)


def test_a_recipe_that_does_not_fit_the_network_is_told(tmp_path: Path, offline: ModelSettings) -> None:
    for text, said in (("blocks.30 mean", "no map blocks.30"), ("50% class", "no class token")):
        with pytest.raises((RecipeError, ConfigurationError), match=said):
            load_embedder("efficientnet-lite0", recipe=parse_recipe(text), settings=offline, weights_dir=tmp_path)


@pytest.mark.parametrize("name", sorted(set(CARDS) - {f"efficientnet-lite{n}" for n in range(3)}))
def test_no_weights_is_an_error_and_never_random(name: str, tmp_path: Path, offline: ModelSettings) -> None:
    with pytest.raises(WeightsNotFoundError) as caught:
        load_embedder(name, settings=offline, weights_dir=tmp_path)
    message = caught.value.message
    assert f"facies models fetch {name}" in message or "Downloads are switched off" in message
    assert str(tmp_path) in message
    assert "efficientnet-lite0" in message


def test_timm_without_weights_is_an_error(tmp_path: Path, offline: ModelSettings) -> None:
    with pytest.raises(WeightsNotFoundError, match=r"hub timm/resnet18\.a1_in1k"):
        load_embedder("timm:resnet18", settings=offline, weights_dir=tmp_path)
    with pytest.raises(WeightsNotFoundError, match="no published weights are known"):
        load_embedder("timm:efficientnet_b7", settings=offline, weights_dir=tmp_path)


def test_missing_file_of_weights_is_an_error(tmp_path: Path, offline: ModelSettings) -> None:
    with pytest.raises(WeightsNotFoundError, match="no such file"):
        load_embedder("resnet18", weights=tmp_path / "none.pth", settings=offline, weights_dir=tmp_path)
    with pytest.raises(WeightsNotFoundError, match="a folder, expected a file"):
        load_embedder("resnet18", weights=tmp_path, settings=offline, weights_dir=tmp_path)


def test_weights_of_another_network_are_refused(tmp_path: Path, offline: ModelSettings) -> None:
    file = write_seeded_checkpoint(get_card("resnet18"), tmp_path / "seeded.pth", seed=0)
    with pytest.raises(WeightsMismatchError, match="Missing tensors"):
        load_embedder("dino-vits16", weights=file, settings=offline, weights_dir=tmp_path)


def test_unknown_names_are_refused_with_the_nearest(tmp_path: Path, offline: ModelSettings) -> None:
    with pytest.raises(UnknownModelError, match="efficientnet-lite0"):
        load_embedder("efficientnet-lite", settings=offline, weights_dir=tmp_path)
    with pytest.raises(UnknownModelError, match="timm:"):
        load_embedder("timm:resnet180", settings=offline, weights_dir=tmp_path)


def test_a_network_that_gives_no_direction_is_refused(tmp_path: Path, offline: ModelSettings) -> None:
    import torch

    file = write_seeded_checkpoint(get_card("resnet18"), tmp_path / "seeded.pth", seed=0)
    state = {name: torch.zeros_like(tensor) for name, tensor in torch.load(file, weights_only=True).items()}
    torch.save(state, file)
    embedder = load_embedder("resnet18", weights=file, settings=offline, weights_dir=tmp_path)
    with pytest.raises(ModelError, match="without direction for image 0 of 1"):
        embedder.embed([np.zeros((9, 9, 3), np.uint8)])


def test_synthetic_weights_are_said_aloud(
    tmp_path: Path, offline: ModelSettings, caplog: pytest.LogCaptureFixture
) -> None:
    file = write_seeded_checkpoint(get_card("resnet18"), tmp_path / "seeded.safetensors", seed=0)
    load_embedder("resnet18", weights=file, settings=offline, weights_dir=tmp_path)
    assert "synthetic weights" in caplog.text


def test_the_chosen_device_agrees_with_the_cpu(tmp_path: Path, drawn_images: Images, lite0: NetworkEmbedder) -> None:
    """On a machine with a GPU ``auto`` takes it, and this holds it against the CPU; elsewhere it is the CPU itself."""
    settings = ModelSettings(offline=True, runtime="torch", precision="f32")
    chosen = load_embedder("efficientnet-lite0", settings=settings, weights_dir=tmp_path)
    np.testing.assert_allclose(chosen.embed(drawn_images), lite0.embed(drawn_images), atol=1e-4)
    assert (chosen.fingerprint.runtime, chosen.fingerprint.precision) == ("torch", "f32")


def test_nearest_neighbours_of_real_microfossils(scampi20: Benchmark) -> None:
    embeddings, labels = scampi20.embeddings, np.array(scampi20.labels)
    assert embeddings.shape == (697, 1280)
    scores = []
    for seed in range(10):
        train, test = train_test_split(np.arange(697), test_size=0.2, stratify=labels, random_state=seed)
        nearest = KNeighborsClassifier(1, metric="cosine").fit(embeddings[train], labels[train])
        predicted = nearest.predict(embeddings[test])
        ours = labels[train][exact_neighbours(embeddings[test], embeddings[train], k=1)[0][:, 0]]
        assert ours.tolist() == predicted.tolist()
        scores.append(f1_score(labels[test], predicted, average="macro"))
        assert macro_f1(labels[test].tolist(), ours.tolist()) == pytest.approx(scores[-1])
    assert 0.63 <= np.mean(scores) <= 0.70
    assert 0.37 <= precision_at_class_size(embeddings, labels.tolist()) <= 0.40
