"""Both queues: an SQLite file, and a real Redis."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from huey.storage import PriorityRedisStorage
from pydantic import SecretStr

from facies.core.errors import ConfigurationError, JobQueueError, StorageError
from facies.core.settings import JobSettings, Settings
from facies.indexer.jobs.queue import NAME, open_queue, read_message, write_message
from tests.redis_server import free_port, serve_redis

NEVER = threading.Event()


def test_messages_come_by_priority_then_in_order_and_each_once(any_settings: Settings) -> None:
    queue, other = open_queue(any_settings), open_queue(any_settings)
    for name, priority in [("a", 0), ("b", 2), ("c", 0), ("d", 2), ("e", -1)]:
        queue.send(name, priority)
    assert queue.size() == 5
    assert [other.wait(1, NEVER) for _ in range(5)] == ["b", "d", "a", "c", "e"]
    assert queue.wait(0.05, NEVER) is None
    queue.close()
    other.close()


def test_whoever_waits_is_woken(any_settings: Settings) -> None:
    queue = open_queue(any_settings)
    threading.Timer(0.3, queue.send, ["x"]).start()
    begun = time.monotonic()
    assert queue.wait(20, NEVER) == "x"
    assert time.monotonic() - begun < 15
    queue.close()


def test_a_stop_ends_the_waiting(any_settings: Settings) -> None:
    queue, stop = open_queue(any_settings), threading.Event()
    threading.Timer(0.2, stop.set).start()
    begun = time.monotonic()
    assert queue.wait(60, stop) is None
    assert time.monotonic() - begun < 15
    queue.close()


def test_messages_outlive_the_process_that_sent_them(any_settings: Settings) -> None:
    queue = open_queue(any_settings)
    queue.send("x")
    queue.close()
    queue = open_queue(any_settings)
    assert queue.wait(1, NEVER) == "x"
    queue.close()


@pytest.mark.parametrize("data", [b"", b"\x80\x04cos\nsystem\n(S'true'\ntR.", b"[]", b'{"job": 3}', b"null", b"\xff"])
def test_what_is_no_message_names_no_job(data: bytes) -> None:
    assert read_message(data) == ""


def test_a_message_reads_as_it_was_written() -> None:
    assert read_message(write_message("Å1")) == "Å1"


def test_an_empty_address_is_none(settings: Settings) -> None:
    empty = settings.model_copy(update={"jobs": settings.jobs.model_copy(update={"queue_url": SecretStr("")})})
    with closing(open_queue(empty)) as queue:
        assert queue.where.endswith("queue.sqlite")


def test_a_damaged_file_is_made_anew(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    path = settings.data_dir / "jobs" / "queue.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database at all, but long enough to be looked at as one" * 100)
    with caplog.at_level(logging.WARNING):
        queue = open_queue(settings)
    assert "is damaged" in caplog.text
    queue.send("x")
    assert queue.wait(1, NEVER) == "x"
    queue.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StorageError, match="data"):
        open_queue(Settings(data_dir=tmp_path / "data"))


@pytest.mark.parametrize("url", ["http://h:1/0", "localhost:6379", "redis://h:port/0"])
def test_an_address_that_is_none_of_redis_is_told(tmp_path: Path, url: str) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "jobs": {"queue_url": url}})
    with pytest.raises(ConfigurationError, match="FACIES_JOBS__QUEUE_URL"):
        open_queue(settings)


def test_no_password_is_told(tmp_path: Path) -> None:
    url = f"redis://:hush@127.0.0.1:{free_port()}/3"
    settings = Settings.model_validate({"data_dir": tmp_path, "jobs": {"queue_url": url}})
    with pytest.raises(JobQueueError, match=r"redis://127.0.0.1/3 cannot be used") as told:
        open_queue(settings, check=True)
    assert "hush" not in told.value.message
    assert "hush" not in repr(settings)


def test_a_redis_that_is_away_for_a_while_costs_messages_and_no_errors(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    settings = Settings.model_validate({"data_dir": tmp_path, "jobs": {"queue_url": f"redis://127.0.0.1:{port}/0"}})
    queue = open_queue(settings)
    with caplog.at_level(logging.WARNING):
        queue.send("lost")
        assert queue.wait(0.3, NEVER) is None
        assert queue.wait(0.1, NEVER) is None
    assert caplog.text.count("cannot be used") == 1, "it is said once for each time that Redis is away"
    with serve_redis(port):
        queue.send("found")
        assert queue.wait(5, NEVER) == "found"
        assert queue.size() == 0
    queue.close()


def test_nothing_in_redis_is_pickle(redis_url: str, tmp_path: Path) -> None:
    settings = Settings.model_validate({"data_dir": tmp_path, "jobs": {"queue_url": redis_url}})
    queue = open_queue(settings)
    queue.send("0123456789ab")
    storage = PriorityRedisStorage(NAME, url=redis_url)
    assert storage.enqueued_items() == [b'{"job": "0123456789ab"}']
    storage.flush_queue()
    storage.pool.disconnect()
    queue.close()


def test_a_file_that_somebody_locks_for_long_is_waited_for(settings: Settings) -> None:
    queue = open_queue(settings)
    holder = sqlite3.connect(settings.data_dir / "jobs" / "queue.sqlite", check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    threading.Timer(0.5, holder.rollback).start()
    queue.send("x")
    assert queue.wait(1, NEVER) == "x"
    holder.close()
    queue.close()


def test_signs_of_life_must_fit_into_the_time_after_which_a_worker_counts_as_dead() -> None:
    with pytest.raises(ValueError, match="three times FACIES_JOBS__HEARTBEAT_S"):
        JobSettings(heartbeat_s=2, stall_s=5)
