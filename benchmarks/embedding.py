"""Files to vectors: facies against the reference way, each in a process of its own, by turns, on two threads."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.pictures import Pictures
from benchmarks.table import Table, say
from benchmarks.turns import ROUNDS, cpu_ratio, median_cpu_ms, median_rate, take_turns
from benchmarks.workers import Worker
from facies.core.metrics import Embeddings

ROOM = "embedding"
IMAGES = 128
PRECISIONS = ("f32", "bf16")
QUICK_CARDS = ("efficientnet-lite0", "scampi-vits16")
CARDS = (*QUICK_CARDS, "efficientnet-b0", "resnet18")


def measure_embedding(
    table: Table,
    pictures: Pictures,
    scratch: Path,
    cards: Sequence[str] = CARDS,
    *,
    precisions: Sequence[str] = PRECISIONS,
    rounds: int = ROUNDS,
) -> None:
    """Note for each card and precision: CPU ms per image of both sides, their ratio, images/s, and how equal they are.

    Args:
        table: takes the figures.
        pictures: of which the first 128 are embedded.
        scratch: folder for seeded checkpoints and vectors.
        cards: names of model cards.
        precisions: of facies; the reference is always float32.
        rounds: how often each side is timed.
    """
    for card in cards:
        _measure_card(table, pictures, scratch, card, precisions=precisions, rounds=rounds)


def weights_of(card_name: str, scratch: Path) -> Path:
    """The weights that come with the installation, else a checkpoint of pseudo-random ones, which is said."""
    from facies.models.registry import get_card
    from facies.models.synthetic import NOTICE, write_seeded_checkpoint
    from facies.models.weights import find_weights_at_hand

    card = get_card(card_name)
    found = find_weights_at_hand(card, scratch / "weights")
    if found is not None:
        return found
    path = scratch / f"{card.file_stem}-seed-0.safetensors"
    if not path.is_file():
        write_seeded_checkpoint(card, path, seed=0)
    say(f"{card_name}: {NOTICE}: its figures are of speed alone")
    return path


def _measure_card(
    table: Table, pictures: Pictures, scratch: Path, card: str, *, precisions: Sequence[str], rounds: int
) -> None:
    weights = weights_of(card, scratch)
    with ExitStack() as stack:
        reference = stack.enter_context(
            Worker("benchmarks.reference", card, str(weights), str(pictures.folder), str(IMAGES))
        )
        ours: dict[str, Worker] = {}
        for precision in precisions:
            worker = stack.enter_context(
                Worker("benchmarks.ours", card, str(weights), precision, str(pictures.folder), str(scratch))
            )
            if "unavailable" in worker.greeting:
                say(f"{card} {precision}: not measured: {worker.greeting['unavailable']}")
                continue
            worker.ask("choose", paths=reference.greeting["paths"])
            ours[precision] = worker
        passes = take_turns(
            {"reference": reference.timed("embed"), **{name: one.timed("embed") for name, one in ours.items()}}, rounds
        )
        expected = _vectors(reference, scratch / "reference.npy")
        for precision, rate in reference.ask("products").items():
            table.add(ROOM, f"{card} matrix products {precision}", "rate", rate, "GFLOP/s per core")
        _note(table, f"{card} reference", median_cpu_ms(passes["reference"]), median_rate(passes["reference"]))
        for precision, worker in ours.items():
            case = f"{card} {precision}"
            say(f"{case}: runtime {worker.greeting['runtime']}, batch {worker.greeting['batch_size']}")
            _note(table, case, median_cpu_ms(passes[precision]), median_rate(passes[precision]))
            table.add(ROOM, case, "ratio", cpu_ratio(passes["reference"], passes[precision]))
            cosines = np.einsum("nd,nd->n", expected, _vectors(worker, scratch / "ours.npy"))
            table.add(ROOM, case, "least cosine to the reference", float(cosines.min()))


def _note(table: Table, case: str, cpu_ms: float, rate: float) -> None:
    table.add(ROOM, case, "cpu", cpu_ms, "ms/image")
    table.add(ROOM, case, "rate", rate, "images/s")


def _vectors(worker: Worker, path: Path) -> Embeddings:
    worker.ask("save", path=str(path))
    rows: Embeddings = np.load(path)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows
