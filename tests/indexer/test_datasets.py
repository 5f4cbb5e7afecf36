"""Fetching a benchmark from a loopback server and from folders."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, DownloadError, StorageError
from facies.indexer import datasets
from facies.indexer.datasets import DATASETS, Dataset, fetch_dataset, get_dataset

CONTENT = {
    "azolla/image1.jpg": b"one",
    "azolla/image2.jpg": b"two" * 1000,
    "spiniferites/image 3.jpg": b"three",
    **{f"many/image{i}.jpg": f"number {i}".encode() for i in range(12)},
}


@dataclass
class Server:
    """A published dataset on this machine, and what was asked of it."""

    address: str
    folder: Path
    asked: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    for name, data in CONTENT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def server(published: Path) -> Iterator[Server]:
    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if self.path in state.refused:
                self.send_error(HTTPStatus.NOT_FOUND)
            else:
                super().do_GET()

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(published))) as http:
        state = Server(f"http://127.0.0.1:{http.server_address[1]}", published)
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield state
        http.shutdown()
        thread.join()


@pytest.fixture
def dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Dataset:
    """The real dataset's description with a small list of hashes of its own."""
    lines = (f"{hashlib.sha256(data).hexdigest()}  small/{name}\n" for name, data in CONTENT.items())
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "small.sha256").write_text("".join(lines))
    monkeypatch.setattr(datasets, "files", lambda _package: tmp_path)
    return replace(DATASETS["scampi"], checksums="small.sha256", folder="images")


def there(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_the_published_list_is_complete() -> None:
    sha256 = get_dataset("scampi").sha256
    assert len(sha256) == 697
    assert len({path.split("/")[0] for path in sha256}) == 20
    assert all(len(digest) == 64 and path.count("/") == 1 for path, digest in sha256.items())


def test_the_published_list_is_that_of_the_real_images(test_data: Callable[[str], Path], tmp_path: Path) -> None:
    report = fetch_dataset(get_dataset("scampi"), tmp_path / "out", origin=str(test_data("scampi-20")))
    assert (report.fetched, report.present) == (697, 0)
    assert fetch_dataset(get_dataset("scampi"), tmp_path / "out").present == 697  # asks nobody


def test_the_address_names_the_commit() -> None:
    scampi = get_dataset("scampi")
    assert scampi.commit in scampi.address
    assert scampi.address.endswith(scampi.folder)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="'scampy', expected one of: scampi"):
        get_dataset("scampy")


def test_everything_comes_from_where_it_was_published(dataset: Dataset, server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    dataset = replace(dataset, address=server.address)
    report = fetch_dataset(dataset, tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert there(tmp_path / "out") == CONTENT
    assert (report.fetched, report.present) == (len(CONTENT), 0)
    assert seen == [(i, len(CONTENT)) for i in range(len(CONTENT) + 1)]


def test_a_second_call_asks_only_for_what_is_missing_or_damaged(
    dataset: Dataset, server: Server, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    fetch_dataset(dataset, out, origin=server.address + "/")
    (out / "azolla/image1.jpg").unlink()
    (out / "azolla/image2.jpg").write_bytes(b"damaged")
    (out / "notes.txt").write_text("mine")
    server.asked.clear()
    report = fetch_dataset(dataset, out, origin=server.address)
    assert sorted(server.asked) == ["/azolla/image1.jpg", "/azolla/image2.jpg"]
    assert (report.fetched, report.present) == (2, len(CONTENT) - 2)
    assert there(out) == CONTENT | {"notes.txt": b"mine"}


def test_a_file_that_is_not_there_stops_it_and_the_next_call_goes_on(
    dataset: Dataset, server: Server, tmp_path: Path
) -> None:
    server.refused.add("/many/image9.jpg")
    with pytest.raises(DownloadError, match=r"many/image9\.jpg.*404[\s\S]*run the same command again"):
        fetch_dataset(dataset, tmp_path / "out", origin=server.address)
    kept = there(tmp_path / "out")
    assert kept
    assert kept.items() < CONTENT.items()
    server.refused.clear()
    report = fetch_dataset(dataset, tmp_path / "out", origin=server.address)
    assert report.present >= len(kept)
    assert there(tmp_path / "out") == CONTENT


@pytest.mark.parametrize("name", ["azolla/image1.jpg", "many/image7.jpg"])
@pytest.mark.parametrize("over", ["http", "folder"])
def test_other_bytes_than_published_are_refused_and_not_kept(
    dataset: Dataset, server: Server, tmp_path: Path, name: str, over: str
) -> None:
    (server.folder / name).write_bytes(b"forged")
    origin = server.address if over == "http" else str(server.folder)
    with pytest.raises(DownloadError, match=r"SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}"):
        fetch_dataset(dataset, tmp_path / "out", origin=origin)
    kept = there(tmp_path / "out")
    assert name not in kept
    assert kept.items() < CONTENT.items()


def test_without_internet_the_message_says_what_to_do(dataset: Dataset, server: Server, tmp_path: Path) -> None:
    nowhere = replace(dataset, address="http://facies.invalid/images")
    with pytest.raises(DownloadError) as caught:
        fetch_dataset(nowhere, tmp_path / "out")
    message = caught.value.message
    wanted = [
        "http://facies.invalid/images/azolla/image1.jpg",
        "git clone https://github.com/equinor/scampi-benchmark",
        "--from FOLDER",
        "--from URL",
        str(tmp_path / "out"),
    ]
    assert [part for part in wanted if part not in message] == []
    assert there(tmp_path / "out") == {}


@pytest.mark.parametrize("inside", ["", "images"])
def test_a_folder_or_the_repository_around_it_serves_as_well(
    dataset: Dataset, published: Path, tmp_path: Path, inside: str
) -> None:
    origin = published
    if inside:
        origin = tmp_path / "repository"
        origin.mkdir()
        published.rename(origin / inside)
    assert fetch_dataset(dataset, tmp_path / "out", origin=str(origin)).fetched == len(CONTENT)
    assert there(tmp_path / "out") == CONTENT


@pytest.mark.parametrize(("origin", "reason"), [("nowhere", "no folder nowhere"), (".", "is missing")])
def test_folders_without_the_files_are_named(dataset: Dataset, tmp_path: Path, origin: str, reason: str) -> None:
    with pytest.raises(DownloadError, match=reason):
        fetch_dataset(dataset, tmp_path / "out", origin=origin)


def test_other_kinds_of_addresses_are_refused(dataset: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"s3://bucket.*http\(s\) address or a folder"):
        fetch_dataset(dataset, tmp_path / "out", origin="s3://bucket/images")


@pytest.mark.parametrize("over", ["http", "folder"])
def test_a_place_that_cannot_be_written_is_a_storage_error(
    dataset: Dataset, server: Server, tmp_path: Path, over: str
) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StorageError, match="out"):
        fetch_dataset(dataset, tmp_path / "out", origin=server.address if over == "http" else str(server.folder))
