from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.paths import allowed_roots, check_path
from facies.core.errors import AccessError, QueryError
from facies.core.settings import ApiSettings, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    (tmp_path / "images").mkdir()
    return Settings(data_dir=tmp_path / "data", api=ApiSettings(allowed_roots=(tmp_path / "images",)))


@pytest.mark.parametrize("path", ["{data}", "{data}/jobs/x", "{images}", "{images}/a/../b", "{images}/missing.tif"])
def test_paths_under_the_roots_pass_whether_they_exist_or_not(settings: Settings, tmp_path: Path, path: str) -> None:
    text = path.format(data=settings.data_dir, images=tmp_path / "images")
    assert check_path(text, allowed_roots(settings)) == Path(text)


@pytest.mark.parametrize(
    "path",
    ["/etc", "/", "{data}/../..", "{data}/../elsewhere", "{images}-but-not-it", "file:///etc", "https://x/a.zip"],
)
def test_paths_outside_the_roots_are_refused(settings: Settings, tmp_path: Path, path: str) -> None:
    text = path.format(data=settings.data_dir, images=tmp_path / "images")
    with pytest.raises(AccessError):
        check_path(text, allowed_roots(settings))


def test_a_link_out_of_the_roots_is_refused(settings: Settings) -> None:
    link = settings.data_dir / "out"
    link.symlink_to("/etc")
    with pytest.raises(AccessError, match="FACIES_API__ALLOWED_ROOTS, or run the command itself") as refused:
        check_path(str(link / "passwd"), allowed_roots(settings))
    assert "facies index" not in refused.value.message, "jobs of other kinds are refused so too"


@pytest.mark.parametrize(
    "path", ["", "relative/folder", "/a\0b", "/\ud800", "/" + "x" * 256, "/x" * 2048, "/" + "\xe9" * 128]
)
def test_paths_that_make_no_sense_are_refused(settings: Settings, path: str) -> None:
    with pytest.raises(QueryError, match="absolute path"):
        check_path(path, allowed_roots(settings))
