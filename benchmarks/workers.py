"""Sides of a comparison as processes of their own: thread pools and settings of one do not touch the other.

A worker answers every line of JSON on its standard input with one line of JSON; it ends when its input does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from benchmarks.machine import ROOT, clean_environment
from benchmarks.turns import Pass


class Worker:
    """A worker that runs; a context manager, at whose end it is gone."""

    def __init__(self, module: str, *arguments: str) -> None:
        """Start ``python -m module arguments`` in a clean environment and wait for its first answer.

        Raises:
            RuntimeError: it ended at once; its own words stand on stderr.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._name = f"{module} {' '.join(arguments)}"
        self.greeting = self._answer()

    def ask(self, task: str, **arguments: object) -> dict[str, Any]:
        """Let it do a task and give its answer.

        Raises:
            RuntimeError: it ended; its own words stand on stderr.
        """
        if self._process.stdin is None:
            raise RuntimeError(f"{self._name} takes no tasks")
        self._process.stdin.write(json.dumps({"task": task, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def timed(self, task: str) -> Callable[[], Pass]:
        """A side of `benchmarks.turns.take_turns`: does the task, which answers with a `Pass`."""
        return lambda: Pass(**self.ask(task))

    def close(self) -> None:
        """End it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            self.close()
            raise RuntimeError(f"{self._name} ended with status {self._process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def serve_tasks(greeting: Mapping[str, object], tasks: Mapping[str, Callable[..., Mapping[str, object]]]) -> None:
    """The worker's side: greet, then do what the lines say until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not stand between the answers
    print(json.dumps(greeting), file=answers, flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        answer = tasks[task.pop("task")](**task)
        print(json.dumps(answer), file=answers, flush=True)


def timed_pass(images: int, work: Callable[[], object]) -> dict[str, object]:
    """Do the work and say what it took as a `Pass`; the CPU time is that of all threads of this process."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return {"images": images, "cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
