from __future__ import annotations

import signal
import subprocess
import sys
import threading

from rich.console import Console

from facies.indexer.interrupts import stop_on_interrupt

SCRIPT = """
import time
from rich.console import Console
from facies.indexer.interrupts import stop_on_interrupt
with stop_on_interrupt(Console(stderr=True)) as stop:
    print("ready", flush=True)
    stop.wait(30)
    print("stopping", flush=True)
    time.sleep(30)
"""


FIRST = """
import os, signal
from rich.console import Console
from facies.indexer.interrupts import stop_on_interrupt
before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
for number in (signal.SIGINT, signal.SIGTERM):
    with stop_on_interrupt(Console(quiet=True)) as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(5)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
print("handlers are back")
"""
"""A process of its own: a signal that goes astray must not end the tests."""


def test_first_signal_asks_and_handlers_come_back() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "handlers are back\n", "")


def test_second_signal_ends_the_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as p:
        try:
            assert p.stdout is not None
            assert p.stdout.readline() == "ready\n"
            p.send_signal(signal.SIGINT)
            assert p.stdout.readline() == "stopping\n"
            p.send_signal(signal.SIGINT)
            _, errors = p.communicate(timeout=10)
        finally:
            p.kill()
    assert p.returncode == -signal.SIGINT
    assert "Ctrl-C again" in errors


def test_other_threads_get_an_event_without_handlers() -> None:
    given: list[threading.Event] = []

    def work() -> None:
        with stop_on_interrupt(Console(quiet=True)) as stop:
            given.append(stop)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not given[0].is_set()
