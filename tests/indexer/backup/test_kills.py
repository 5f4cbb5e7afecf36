"""kill -9 in the middle of a backup or a restore."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError
from facies.core.settings import Settings
from facies.core.workspace import RESTORING, open_workspace
from facies.indexer.backup import make_backup, restore_backup

from .conftest import contents


def test_a_restore_killed_at_its_end_is_finished_by_the_next(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Settings(data_dir=tmp_path / "new")
    replace = Path.replace

    def die(self: Path, to: Path) -> Path:
        if self.name == "uploads":
            raise KeyboardInterrupt
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        restore_backup(target, file)
    monkeypatch.undo()
    with pytest.raises(ConfigurationError, match="facies restore"):
        open_workspace(target)
    other = tmp_path / "other.tar"
    open_workspace(Settings(data_dir=tmp_path / "data3")).close()
    make_backup(Settings(data_dir=tmp_path / "data3"), other)
    with pytest.raises(ConfigurationError, match="another file"):
        restore_backup(target, other)
    report = restore_backup(target, file)
    assert "finished" in report.notes[0]
    assert len(contents(target)["c"][0]) == 7


def test_kill_9_during_a_restore_leaves_nothing_half(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "new"
    chance = random.Random(5)  # noqa: S311 (moments of a kill, no secrets)
    command = [sys.executable, "-m", "facies.core.cli", "restore", str(file), "--json"]
    environment = {**os.environ, "FACIES_DATA_DIR": str(target)}
    killed = 0
    for _ in range(4):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            deadline = time.monotonic() + 60
            while not (target / RESTORING).exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.001)
            time.sleep(chance.random() * 0.1)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        finally:
            process.kill()
        if (target / RESTORING).exists():
            killed += 1
            with pytest.raises(ConfigurationError):
                open_workspace(Settings(data_dir=target))
        else:
            assert (target / "catalog.sqlite").exists()
            shutil.rmtree(target)
    assert killed
    if not (target / "catalog.sqlite").exists():
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
    assert len(contents(Settings(data_dir=target))["c"][0]) == 7


def test_kill_9_during_a_backup_leaves_no_file_of_that_name(source: Settings, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.zst"
    command = [sys.executable, "-m", "facies.core.cli", "backup", str(file)]
    environment = {**os.environ, "FACIES_DATA_DIR": str(source.data_dir)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while not list(tmp_path.glob(".b.tar.zst.part-*")) and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    finally:
        process.kill()
    whole = file.exists()  # it may have been faster
    if whole:
        file.unlink()
    assert make_backup(source, file).images == 7
