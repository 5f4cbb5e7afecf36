"""Files that are read are never written over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError
from facies.indexer.segmentation.overwriting import files_below, refuse_overwriting


def test_a_file_is_known_by_every_name_that_leads_to_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    mask = out / "mask.png"
    mask.write_bytes(b"a photograph")
    (tmp_path / "link.png").symlink_to(mask)
    (tmp_path / "same").symlink_to(out)
    os.link(mask, tmp_path / "hard.png")
    around = out / ".." / "out" / "mask.png"
    for name in (mask, around, tmp_path / "link.png", tmp_path / "same" / "mask.png", tmp_path / "hard.png"):
        with pytest.raises(ConfigurationError, match=f"{name} would be written over"):
            refuse_overwriting([out / "other.png", name], [out / "rock.png", mask])


def test_files_of_other_places_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"a photograph")
    refuse_overwriting([tmp_path / "mask.png", tmp_path / "gone.png"], [tmp_path / "out" / "mask.png"])


def test_a_file_that_is_not_there_is_known_by_where_it_would_lie(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give another --out"):
        refuse_overwriting([tmp_path / "a" / ".." / "mask.png"], [tmp_path / "mask.png"])


def test_files_of_folders_are_found_at_every_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "one.png").write_bytes(b"")
    assert list(files_below([None, tmp_path / "a", tmp_path / "gone"])) == [tmp_path / "a" / "b" / "one.png"]
