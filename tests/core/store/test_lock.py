"""One holder at a time, who says who it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from facies.core.errors import StorageError, StoreLockedError
from facies.core.store.lock import LOCK_NAME, FolderLock

HOLD = """
import sys, time
from pathlib import Path
from facies.core.store.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_holder_is_told_who_holds_it(tmp_path: Path) -> None:
    held = FolderLock(tmp_path / "new" / "folder")
    with pytest.raises(StoreLockedError, match=rf"held by process {os.getpid()} on .+ \(.+\).*--api"):
        FolderLock(tmp_path / "new" / "folder")
    held.release()
    held.release()
    FolderLock(tmp_path / "new" / "folder").release()


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(StoreLockedError, match=rf"process {child.pid} "):
            FolderLock(tmp_path)
        child.send_signal(signal.SIGKILL)
    assert (tmp_path / LOCK_NAME).exists()
    FolderLock(tmp_path).release()


def test_a_lock_is_not_inherited_by_commands_that_are_started(tmp_path: Path) -> None:
    held = FolderLock(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as child:
        held.release()
        FolderLock(tmp_path).release()
        child.kill()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="FACIES_DATA_DIR"):
        FolderLock(tmp_path / "file" / "vectors")


def test_a_lock_that_a_dead_process_left_to_a_dying_one_is_waited_for(tmp_path: Path) -> None:
    hold = HOLD.replace('print("held"', 'os.fork() or time.sleep(0.3) or os._exit(0)\nprint("held"')
    with subprocess.Popen(
        [sys.executable, "-c", f"import os\n{hold}", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
        FolderLock(tmp_path).release()
