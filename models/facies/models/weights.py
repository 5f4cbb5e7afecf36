"""Finds the weights of a card: its sources in order, each checked by hash. Random weights are never used instead.

The order: files in the weights folder under the card's own name (``<card>.safetensors``, ``<card>.pth``, or a folder
``<card>/`` with one such file), then the sources of the card as it lists them: published file names in the weights
folder, installed packages, the Hugging Face hub, web addresses.
"""

from __future__ import annotations

import importlib.metadata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from facies.core.errors import DownloadError, StorageError, WeightsNotFoundError
from facies.models.cards import HubFile, LocalFile, ModelCard, PackagedWheel, Url, WeightSource
from facies.models.downloads import Progress, download_file
from facies.models.hashes import check_hash, check_recorded, hash_file
from facies.models.hub import HubUnreachableError, fetch_hub_file, find_hub_file

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
PACKAGED_CARD = "efficientnet-lite0"
"""The card to offer where weights are missing: its own come with the installation."""


@dataclass(frozen=True, slots=True)
class FoundWeights:
    """A weight file on this machine, its hash, and which source gave it."""

    path: Path
    sha256: str
    source: str


def find_weights(
    card: ModelCard,
    *,
    weights_dir: Path,
    hub_endpoint: str,
    offline: bool,
    progress: Progress | None = None,
    like: str | None = None,
) -> FoundWeights:
    """Find the weights of a card, fetching them where the card's sources say so.

    Args:
        card: lists the sources.
        weights_dir: folder of checkpoints; downloads are kept there.
        hub_endpoint: address of the Hugging Face hub or of a mirror.
        offline: look only at what is on this machine.
        progress: called with bytes done and bytes in all; None shows a bar where stderr is a terminal.
        like: the SHA-256 of those that are wanted, where several sources may have different ones; where no source at
            hand has these, the first source gives its own.

    Raises:
        WeightsNotFoundError: no source gave them; each is listed with its outcome.
        DownloadError: a file has another hash than the one on record.
        StorageError: the weights folder cannot be written, or the disk is full.
    """
    if like is not None and (same := _find_same(card, weights_dir, like)) is not None:
        return same
    tried: list[str] = []
    hub = _Hub(weights_dir / "hub", hub_endpoint)
    for source in all_sources(card):
        outcome = _try_source(source, weights_dir, hub, offline, progress)
        if isinstance(outcome, Path):
            return FoundWeights(outcome, _checked_hash(source, outcome, weights_dir), describe_source(source))
        tried.append(f"{describe_source(source)}: {outcome}")
    if not card.sources:
        tried.append("no published weights are known")
    raise WeightsNotFoundError(card.name, tried, remedy(card, weights_dir, offline=offline))


def _find_same(card: ModelCard, weights_dir: Path, sha256: str) -> FoundWeights | None:
    """Find the weights of this hash among those at hand; None where there are none, or only one source has any."""
    at_hand = [
        (source, path) for source in all_sources(card) if isinstance(path := _at_hand(source, weights_dir), Path)
    ]
    if len(at_hand) < 2:
        return None
    for source, path in at_hand:
        with suppress(DownloadError):  # not the file on record, hence not the one that is looked for
            if _checked_hash(source, path, weights_dir) == sha256:
                return FoundWeights(path, sha256, describe_source(source))
    return None


def find_weights_at_hand(card: ModelCard, weights_dir: Path) -> Path | None:
    """Find the weights of a card without any download and without reading them; None where they are not at hand."""
    for source in all_sources(card):
        path = _at_hand(source, weights_dir)
        if isinstance(path, Path):
            return path
    return None


def given_weights(card: ModelCard, path: Path) -> FoundWeights:
    """Take the weight file that a person named.

    Raises:
        WeightsNotFoundError: there is no such file.
    """
    if not path.is_file():
        what = "a folder, expected a file" if path.is_dir() else "no such file"
        raise WeightsNotFoundError(card.name, [f"{path}: {what}"], "Name the checkpoint file itself.")
    return FoundWeights(path, hash_file(path), f"file {path}")


def all_sources(card: ModelCard) -> tuple[WeightSource, ...]:
    """The sources of a card in order, beginning with files under the card's own name."""
    return (LocalFile(f"{card.file_stem}.*"), LocalFile(f"{card.file_stem}/*"), *card.sources)


def describe_source(source: WeightSource) -> str:
    """Name a source in one line; the same text is its key in the record of hashes."""
    match source:
        case LocalFile(pattern):
            return f"weights folder: {pattern}"
        case PackagedWheel(distribution, file):
            return f"package {distribution}: {Path(file).name}"
        case HubFile(repo, file, revision):
            return f"hub {repo}: {file} at {revision}"
        case Url(url):
            return url


def remedy(card: ModelCard, weights_dir: Path, *, offline: bool, fallback: bool = True) -> str:
    """Say what a person can do to get the weights; with `fallback`, also which card needs none of it."""
    published = [source.pattern for source in card.sources if isinstance(source, LocalFile)]
    names = " or ".join([f"{card.file_stem}.safetensors", f"{card.file_stem}.pth", *published])
    switch = " Downloads are switched off (FACIES_MODELS__OFFLINE)." if offline else ""
    fetch = f" Where the internet can be reached: `facies models fetch {card.name}`." if card.sources else ""
    other = f" {PACKAGED_CARD} needs no download: --model {PACKAGED_CARD}." if fallback else ""
    return f"Put the checkpoint into {weights_dir} as {names}, or name it with --weights FILE.{switch}{fetch}{other}"


class _Hub:
    """The hub during one search: asked once, not again for each file, where it cannot be reached."""

    def __init__(self, cache_dir: Path, endpoint: str) -> None:
        self._cache_dir = cache_dir
        self._endpoint = endpoint
        self._unreachable: HubUnreachableError | None = None

    def fetch(self, source: HubFile) -> Path:
        if self._unreachable is not None:
            raise self._unreachable
        try:
            return fetch_hub_file(source, cache_dir=self._cache_dir, endpoint=self._endpoint)
        except HubUnreachableError as error:
            self._unreachable = error
            raise


def _try_source(
    source: WeightSource, weights_dir: Path, hub: _Hub, offline: bool, progress: Progress | None
) -> Path | str:
    found = _at_hand(source, weights_dir)
    if isinstance(found, Path) or isinstance(source, LocalFile | PackagedWheel):
        return found
    if offline:
        return "not on this machine, and downloads are switched off"
    try:
        if isinstance(source, HubFile):
            return hub.fetch(source)
        return download_file(source.url, _downloaded(source, weights_dir), sha256=source.sha256, progress=progress)
    except DownloadError as error:
        return error.message


def _at_hand(source: WeightSource, weights_dir: Path) -> Path | str:
    match source:
        case LocalFile(pattern):
            return _one_file(weights_dir, pattern)
        case PackagedWheel():
            return _in_package(source)
        case HubFile():
            found = find_hub_file(source, cache_dir=weights_dir / "hub")
        case Url():
            target = _downloaded(source, weights_dir)
            found = target if target.is_file() else None
    return found or "not on this machine"


def _one_file(weights_dir: Path, pattern: str) -> Path | str:
    try:
        files = sorted(p for p in weights_dir.glob(pattern) if p.is_file() and p.suffix in SUFFIXES)
    except OSError as error:
        return f"{weights_dir} cannot be read: {error.strerror}"
    if not files:
        return "no such file"
    if len(files) > 1:
        return f"{len(files)} files ({', '.join(f.name for f in files[:4])}), expected one"
    return files[0]


def _in_package(source: PackagedWheel) -> Path | str:
    # The package itself is not imported: it holds nothing but the path of this file.
    try:
        path = Path(str(importlib.metadata.distribution(source.distribution).locate_file(source.file)))
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
    return path if path.is_file() else f"installed, but without {source.file}"


def _downloaded(source: Url, weights_dir: Path) -> Path:
    return weights_dir / source.file


def _checked_hash(source: WeightSource, path: Path, weights_dir: Path) -> str:
    try:
        got = hash_file(path)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error
    expected = source.sha256
    if expected is None:
        key = (
            f"weights folder: {path.relative_to(weights_dir)}"
            if isinstance(source, LocalFile)
            else describe_source(source)
        )
        check_recorded(weights_dir, key, got)
    else:
        check_hash(str(path), got, expected)
    return got
