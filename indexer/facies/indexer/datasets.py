"""Published benchmarks: fetched from where they were published, or from a copy, every file checked by its hash."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest
from importlib.resources import files
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from facies.core.errors import ConfigurationError, DownloadError, StorageError
from facies.models.downloads import download_file

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of files at hand and of files in all; from one thread at a time."""

Take: TypeAlias = Callable[[str, Path, str], None]
"""Brings a file of the dataset, by its path there, to a place here, and checks its hash."""

_THREADS = 8
"""Files fetched at once: they are small, so that most of the time is waiting."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A published set of images.

    Attributes:
        name: what it is called here.
        title: what it is.
        licence: under which its publisher gives it.
        repository: the git repository that holds it.
        commit: the state of the repository that is meant.
        folder: its folder in the repository.
        address: where the files of that folder can be fetched, one by one.
        checksums: name of the list of hashes in this package's data, in the form that ``sha256sum --check`` reads.
    """

    name: str
    title: str
    licence: str
    repository: str
    commit: str
    folder: str
    address: str
    checksums: str

    @property
    def sha256(self) -> Mapping[str, str]:
        """Hash of each file by its path within the folder, e.g. ``azolla/image1.jpg``."""
        text = files("facies.indexer").joinpath("data", self.checksums).read_text(encoding="utf-8")
        pairs = (line.split(maxsplit=1) for line in text.splitlines())
        return MappingProxyType({path.split("/", 1)[1]: digest for digest, path in pairs})


_COMMIT = "416e5c1fa20518ff18f232d7f71fcb601f70b32c"
DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        "scampi": Dataset(
            name="scampi",
            title="SCAMPI benchmark: 697 palynomorphs of 20 genera, well NO 6407/6-5",
            licence="NLOD 2.0 (adapted from palynology slides of the Norwegian Offshore Directorate)",
            repository="https://github.com/equinor/scampi-benchmark",
            commit=_COMMIT,
            folder="imagefolder_20",
            address=f"https://raw.githubusercontent.com/equinor/scampi-benchmark/{_COMMIT}/imagefolder_20",
            checksums="scampi-20.sha256",
        )
    }
)


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What became of a fetch: files brought now, files that were there already, and where they lie."""

    fetched: int
    present: int
    out: Path


def get_dataset(name: str) -> Dataset:
    """Find a dataset by name.

    Raises:
        ConfigurationError: there is none of this name.
    """
    if name not in DATASETS:
        raise ConfigurationError(f"unknown dataset {name!r}, expected one of: {', '.join(sorted(DATASETS))}")
    return DATASETS[name]


def fetch_dataset(
    dataset: Dataset, out: Path, *, origin: str | None = None, progress: Progress | None = None
) -> FetchReport:
    """Bring every file of a dataset into a folder; good files that are there stay, damaged ones are replaced.

    Args:
        dataset: which.
        out: folder, made where it is missing; it holds the classes as sub-folders afterwards.
        origin: where to take the files from: an http(s) address or a folder that holds the dataset's sub-folders;
            None: where it was published.
        progress: told at the start and after each file.

    Raises:
        ConfigurationError: the origin is an address of another kind.
        DownloadError: a file cannot be had, or has another hash than the published one. What came before stays, and the
            next call goes on from there.
        StorageError: the folder cannot be written, or the disk is full.
    """
    wanted = dataset.sha256
    try:
        take = _choose_source(dataset, origin or dataset.address)
        missing = {path: digest for path, digest in wanted.items() if not _is_good(out / path, digest)}
        for count, _ in enumerate(_take_all(take, missing, out), len(wanted) - len(missing)):
            if progress is not None:
                progress(count, len(wanted))
    except DownloadError as error:
        raise DownloadError(f"{error.message}\n{_explain(dataset, out)}") from error
    except OSError as error:
        raise StorageError(error.filename or out, error.strerror or str(error)) from error
    return FetchReport(fetched=len(missing), present=len(wanted) - len(missing), out=out)


def _take_all(take: Take, missing: Mapping[str, str], out: Path) -> Iterator[None]:
    """Take the files, several at once; yield before the first and after each."""
    yield
    files_left = iter(missing.items())
    for path, digest in islice(files_left, 1):  # alone: where there is no internet, one failure says it, not eight
        take(path, out / path, digest)
        yield
    with ThreadPoolExecutor(_THREADS) as threads:
        try:
            for _ in threads.map(lambda file: take(file[0], out / file[0], file[1]), files_left):
                yield
        except BaseException:  # also Ctrl-C: leave the files that wait, or it would end only after the last of them
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _choose_source(dataset: Dataset, origin: str) -> Take:
    if origin.startswith(("http://", "https://")):
        return partial(_download, origin.rstrip("/"))
    if "://" in origin:
        raise ConfigurationError(f"cannot take files from {origin}: expected an http(s) address or a folder")
    return partial(_copy, _find_folder(dataset, Path(origin)))


def _find_folder(dataset: Dataset, origin: Path) -> Path:
    """Take the folder itself, or the whole repository it lies in."""
    within = origin / dataset.folder
    if within.is_dir():
        return within
    if not origin.is_dir():
        raise DownloadError(f"no folder {origin}")
    return origin


def _download(base: str, path: str, target: Path, digest: str) -> None:
    target.unlink(missing_ok=True)  # only a damaged one can be there
    download_file(f"{base}/{path}", target, sha256=digest, progress=lambda _done, _total: None)


def _copy(base: Path, path: str, target: Path, digest: str) -> None:
    source = base / path
    if not source.is_file():
        raise DownloadError(f"{source} is missing")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, temporary)
        got = _hash(temporary)
        if got != digest:
            raise DownloadError(f"{source} has SHA-256 {got}, expected {digest}: not the published file")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _is_good(path: Path, digest: str) -> bool:
    return path.is_file() and _hash(path) == digest


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _explain(dataset: Dataset, out: Path) -> str:
    return (
        f"Files that came are kept in {out}; run the same command again to go on. Where this machine has no internet: "
        f"on one that has, `git clone {dataset.repository}` and `git checkout {dataset.commit}`, bring its folder "
        f"{dataset.folder} here, and run `facies datasets fetch {dataset.name} --from FOLDER --out {out}`. A mirror's "
        f"address does as well: --from URL, with the files at URL/<class>/<file>, as at {dataset.address}. Every file "
        "is checked by its hash."
    )
