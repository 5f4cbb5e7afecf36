from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from facies.api.child import Child, answers, ui_command
from facies.api.serving import find_port
from facies.core.errors import ConfigurationError, ServiceUnavailableError, StorageError

HTTP = "import http.server as h; h.HTTPServer(('127.0.0.1', {port}), h.SimpleHTTPRequestHandler).serve_forever()"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def start(code: str, log: Path) -> Child:
    return Child("the child", [sys.executable, "-c", code], log=log, environment={"FACIES_TEST_CHILD": "1"})


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody waited for counts as ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for(log: Path) -> str:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        text = log.read_text()
        if text.endswith("\n"):
            return text
        time.sleep(0.02)
    raise AssertionError("the child printed nothing")


def test_it_runs_with_the_environment_given_and_logs(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "c.log"
    with start("import os; print(os.environ['FACIES_TEST_CHILD'])", log):
        assert wait_for(log) == "1\n"


def test_it_answers_and_ends_with_its_context(tmp_path: Path) -> None:
    port = find_port("127.0.0.1", 0)
    with start(HTTP.format(port=port), tmp_path / "log") as child:
        assert child.wait_until_up(f"http://127.0.0.1:{port}", timeout_s=20, stop=threading.Event())
        child.check()
    assert not is_alive(child.pid)
    assert not answers(f"http://127.0.0.1:{port}")


def test_grandchildren_end_too(tmp_path: Path) -> None:
    with start(PARENT, tmp_path / "log") as child:
        grandchild = int(wait_for(tmp_path / "log"))
        assert is_alive(grandchild)
    assert not is_alive(child.pid)
    deadline = time.monotonic() + 5
    while is_alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(grandchild)


def test_one_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.api.child.STOP_S", 0.3)
    with start(STUBBORN, tmp_path / "log") as child:
        wait_for(tmp_path / "log")
    assert not is_alive(child.pid)


def test_one_that_ends_by_itself_shows_its_log(tmp_path: Path) -> None:
    with start("import sys; print('the reason', flush=True); sys.exit(3)", tmp_path / "log") as child:
        with pytest.raises(ConfigurationError, match=r"(?s)ended with status 3.*the reason"):
            child.wait_until_up("http://127.0.0.1:9", timeout_s=20, stop=threading.Event())
        assert not is_alive(child.pid)


def test_waiting_has_an_end(tmp_path: Path) -> None:
    stop = threading.Event()
    with start("import time; time.sleep(60)", tmp_path / "log") as child:
        with pytest.raises(ServiceUnavailableError, match=r"no answer within 0\.2 s"):
            child.wait_until_up("http://127.0.0.1:9", timeout_s=0.2, stop=stop)
        stop.set()
        assert not child.wait_until_up("http://127.0.0.1:9", timeout_s=60, stop=stop)
        child.stop()  # and once more at the end of the context
    assert not is_alive(child.pid)


def test_a_log_that_cannot_be_written_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        start("pass", tmp_path / "file" / "log")


def test_the_interface_is_started_by_the_root_command() -> None:
    command = ui_command("127.0.0.1", 8501, "http://127.0.0.1:8000")
    assert command[1:4] == ["-m", "facies.core.cli", "ui"]
    assert command[-1] == "http://127.0.0.1:8000"
