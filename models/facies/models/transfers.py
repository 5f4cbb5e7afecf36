"""One attempt at transferring the bytes of a file over HTTP, from where the last attempt stopped."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import IO

import httpx

_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"^bytes (\d+)-\d+/(\d+|\*)$")


class BrokenTransfer(Exception):  # noqa: N818 (never leaves this layer: downloads.py turns it into a DownloadError)
    """The transfer broke off in a way that another attempt may mend."""


class NoConnection(BrokenTransfer):
    """There is no way to the server at all."""


class RefusedTransfer(Exception):  # noqa: N818 (never leaves this layer: downloads.py turns it into a DownloadError)
    """The server will not give the file."""


def transfer(
    client: httpx.Client, url: str, part: IO[bytes], notes: Path, progress: Callable[[int, int | None], None]
) -> None:
    """Append to a part file until it holds the whole file.

    Args:
        client: follows redirects.
        url: http or https.
        part: opened for appending.
        notes: file that remembers the address and the server's validator for the bytes of `part`.
        progress: called with bytes done and bytes in all.

    Raises:
        NoConnection: the server cannot be reached.
        BrokenTransfer: a broken connection, or an overloaded server.
        RefusedTransfer: the server has no such file, or the address is no web address.
        OSError: the disk is full, or cannot be written.
    """
    start, headers = _where_to_go_on(url, part, notes)
    try:
        with client.stream("GET", url, headers={"Accept-Encoding": "identity", **headers}) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                _start_over(part, notes)
                raise BrokenTransfer("the server has no bytes to add to those here, so it begins anew")
            _check_status(response)
            if response.status_code != httpx.codes.PARTIAL_CONTENT or _first_byte(response) != start:
                if response.status_code == httpx.codes.PARTIAL_CONTENT:
                    _start_over(part, notes)
                    raise BrokenTransfer("the server sent other bytes than those asked for, so it begins anew")
                start = 0
                _start_over(part, notes)
            _remember(url, response, notes)
            _copy(response, part, start, _size(response, start), progress)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects) as error:
        raise RefusedTransfer(str(error)) from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoConnection(f"it cannot be reached ({str(error) or type(error).__name__})") from error
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        raise BrokenTransfer(f"the connection failed: {reason}") from error


def _where_to_go_on(url: str, part: IO[bytes], notes: Path) -> tuple[int, dict[str, str]]:
    done = os.fstat(part.fileno()).st_size
    validator = _validator(url, notes) if done else None
    if validator is None:
        # Without a validator nothing tells whether the server still has the same file: appending could mix two.
        _start_over(part, notes)
        return 0, {}
    return done, {"Range": f"bytes={done}-", "If-Range": validator}


def _validator(url: str, notes: Path) -> str | None:
    try:
        content = json.loads(notes.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content.get("validator") if isinstance(content, dict) and content.get("url") == url else None


def _remember(url: str, response: httpx.Response, notes: Path) -> None:
    etag = response.headers.get("ETag", "")
    # A weak ETag may not stand in If-Range: it promises the same meaning, not the same bytes.
    validator = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    if validator:
        notes.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")


def _start_over(part: IO[bytes], notes: Path) -> None:
    if os.fstat(part.fileno()).st_size:
        part.truncate(0)
    notes.unlink(missing_ok=True)


def _check_status(response: httpx.Response) -> None:
    if response.is_success:
        return
    answer = f"the server answered {response.status_code} {response.reason_phrase}"
    if response.status_code in _TRY_AGAIN:
        raise BrokenTransfer(answer)
    raise RefusedTransfer(answer)


def _first_byte(response: httpx.Response) -> int | None:
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _size(response: httpx.Response, start: int) -> int | None:
    found = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if found and found[2] != "*":
        return int(found[2])
    length = response.headers.get("Content-Length")
    return start + int(length) if length and length.isdigit() else None


def _copy(
    response: httpx.Response,
    part: IO[bytes],
    start: int,
    total: int | None,
    progress: Callable[[int, int | None], None],
) -> None:
    done = start
    try:
        for piece in response.iter_raw():  # as they come: collected pieces would be lost by a break
            part.write(piece)
            done += len(piece)
            progress(done, total)
    finally:
        part.flush()  # what came before a break is kept
    if total is not None and done != total:
        raise BrokenTransfer(f"it broke off after {done:,} of {total:,} bytes")
