"""Processes of our own: their manners, and their end."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facies.core.child_module import start_module

WATCH = """
import os, subprocess, sys
code = "import os, sys, time; from facies.core.child_module import become_child; "
code += "become_child(int(sys.argv[1])); "
code += "print(os.getpid(), flush=True); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", code, str(os.getpid())], start_new_session=True)
child.wait()
"""


def test_it_has_the_path_of_this_process_and_answers_through_a_pipe() -> None:
    with start_module("json.tool", "--help") as child:
        output, complaint = child.communicate(timeout=60)
    assert (child.returncode, complaint) == (0, "")
    assert "usage" in output


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tie a process to its parent's life")
def test_it_dies_with_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", WATCH], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 30
        while _runs(child):
            assert time.monotonic() < deadline, "the child outlived its parent"
            time.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
