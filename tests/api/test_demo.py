from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from facies.api.demo import build_collection, check_answers, demo_settings, show_first_search
from facies.api.pages import load_interface
from facies.api.service import Service
from facies.core.errors import ServiceUnavailableError, SourceError
from facies.core.settings import Settings

from .conftest import serving


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=160, color_system=None)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_demo_has_its_own_data_and_shares_the_weights(settings: Settings) -> None:
    own = demo_settings(settings)
    assert own.data_dir == settings.data_dir / "demo"
    assert own.weights_dir == settings.weights_dir
    assert own.api == settings.api


def test_a_folder_becomes_a_collection_with_a_first_search(service: Service, gallery: Path, console: Console) -> None:
    name, report = build_collection(service, gallery, console)
    assert (name, report.indexed) == ("own", 24)
    show_first_search(service, name, console)
    assert "24 images in collection own" in said(console)
    assert "Most similar to" in said(console)
    again, report = build_collection(service, gallery, console)
    assert (again, report.indexed, report.unchanged) == ("own", 0, 24)


def test_samples_are_drawn_once(service: Service, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []

    def few(folder: Path) -> list[Path]:
        from facies.indexer.samples import write_samples

        drawn.append(folder)
        return write_samples(folder, per_class=1)

    monkeypatch.setattr("facies.api.demo.write_samples", few)
    name, report = build_collection(service, None, console)
    assert (name, report.failed) == ("samples", 0)
    assert report.indexed >= 8
    image = service.workspace.catalog.list_images(name, limit=1)[0]
    assert image.label is not None
    assert "depth_m" in image.metadata
    build_collection(service, None, console)
    assert len(drawn) == 1


def test_a_folder_without_images_is_refused(service: Service, tmp_path: Path, console: Console) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "a.txt").write_text("words")
    with pytest.raises(SourceError, match="no image that can be read"):
        build_collection(service, tmp_path / "none", console)


@pytest.fixture
def both(shared: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a service with an interface."""
    monkeypatch.setattr("streamlit.runtime.runtime.Runtime._instance", None)
    with serving(shared, interface=load_interface("http://127.0.0.1:9")) as client:
        yield str(client.base_url).rstrip("/")


def test_the_proof_asks_over_http(both: str, console: Console) -> None:
    check_answers(both, "g", console)
    assert "first" in said(console)
    assert "HTTP 200" in said(console)


def test_the_proof_fails_where_something_does_not_answer(shared_http: httpx.Client, console: Console) -> None:
    with pytest.raises(ServiceUnavailableError, match="HTTP 404"):  # a service without an interface
        check_answers(str(shared_http.base_url).rstrip("/"), "g", console)
    with pytest.raises(ServiceUnavailableError):
        check_answers("http://127.0.0.1:9", "g", console)
