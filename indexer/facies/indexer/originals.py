"""Original files by URI: an absolute local path, an fsspec URL, or ``zip://MEMBER::ARCHIVE`` for a member of a zip.

The catalogue keeps such a URI for every image; originals themselves stay where they are.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from facies.core.errors import ImageTooLargeError, OriginalMissingError, UnreadableImageError

MAX_BYTES = 2**30
"""Largest file that is read unless the caller says otherwise, in bytes."""

ZIP_SCHEME = "zip://"
BYTES_SETTING = "FACIES_INDEXER__MAX_FILE_BYTES"

_SAYS_NOTHING = {"File is not a zip file": "its end is missing, or it is something else"}
"""What zipfile says where a message begins by saying so, and what it means by it."""

_DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError, ValueError)
"""What zipfile raises on a damaged, encrypted or exotically packed member."""


def is_url(location: str) -> bool:
    """Tell an fsspec URL (``https://...``, ``s3://...``) from a local path."""
    return "://" in location


def zip_uri(archive: str, member: str) -> str:
    """Name a member of a zip file."""
    return f"{ZIP_SCHEME}{member}::{archive}"


def split_zip_uri(uri: str) -> tuple[str, str]:
    """Give archive and member of a ``zip://`` URI.

    >>> split_zip_uri("zip://a/b.png::/data/x.zip")
    ('/data/x.zip', 'a/b.png')
    """
    member, _, archive = uri.removeprefix(ZIP_SCHEME).partition("::")
    return archive, member


def read_original(uri: str, *, max_bytes: int = MAX_BYTES) -> bytes:
    """Read the bytes of an original.

    Raises:
        OriginalMissingError: it is not where it was.
        ImageTooLargeError: it holds more than ``max_bytes``.
        UnreadableImageError: it is there and cannot be read.
    """
    try:
        data = read_up_to(uri, max_bytes + 1)
    except FileNotFoundError as error:
        raise OriginalMissingError(uri) from error
    except OSError as error:
        raise UnreadableImageError(uri, explain(error)) from error
    if len(data) > max_bytes:
        raise ImageTooLargeError(uri, len(data), max_bytes, unit="bytes or more", setting=BYTES_SETTING)
    return data


def original_is_gone(uri: str) -> bool:
    """Whether the original is certainly not there any more: what cannot be reached or read counts as there."""
    try:
        if uri.startswith(ZIP_SCHEME):
            archive, member = split_zip_uri(uri)
            with open_stream(archive) as stream, zipfile.ZipFile(stream) as opened:
                return member not in opened.namelist()
        if is_url(uri):
            _look_up(uri)
            return False
        Path(uri).stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, *_DAMAGED):
        return False
    return False


def read_up_to(uri: str, size: int) -> bytes:
    """Read at most ``size`` bytes from the start of an original.

    Raises:
        FileNotFoundError: it is not there.
        OSError: it cannot be read, for whatever reason of the file, the archive or the network.
    """
    if uri.startswith(ZIP_SCHEME):
        archive, member = split_zip_uri(uri)
        with zip_faults(uri), open_stream(archive) as stream, zipfile.ZipFile(stream) as opened:
            return read_member(opened, member, size)
    with open_stream(uri) as stream:
        return stream.read(size)


def read_member(archive: zipfile.ZipFile, member: str, size: int) -> bytes:
    """Read at most ``size`` unpacked bytes of a zip member; call it under `zip_faults`."""
    try:
        info = archive.getinfo(member)
    except KeyError as error:
        raise FileNotFoundError(f"{member} is not in the zip file") from error
    with archive.open(info) as stream:
        return stream.read(size)


@contextmanager
def zip_faults(member: str | None = None) -> Iterator[None]:
    """Turn what zipfile raises into OSError: of a member, else of an archive that the message around it names."""
    try:
        yield
    except _DAMAGED as error:
        reason = _SAYS_NOTHING.get(str(error), str(error))
        raise OSError(reason if member is None else f"{member} cannot be unpacked: {reason}") from error


@contextmanager
def network_faults(uri: str) -> Iterator[None]:
    """Turn what the back ends of fsspec raise into OSError; FileNotFoundError is left to say that nothing is there."""
    try:
        yield
    except FileNotFoundError as error:
        # The web back end says so also where the server does not answer at all; the cause tells the two apart.
        if error.__cause__ is None or isinstance(error.__cause__, FileNotFoundError):
            raise
        raise OSError(f"{uri} cannot be reached: {error.__cause__}") from error
    except OSError:
        raise
    except ImportError as error:
        raise OSError(f"{uri}: {error}") from error
    except Exception as error:
        # Each back end of fsspec (aiohttp, botocore, gcsfs ...) has exceptions of its own without a common base.
        raise OSError(f"{uri} cannot be reached: {error or type(error).__name__}") from error


def explain(error: OSError) -> str:
    """Say why the system refused, without the path that the message around it names."""
    return error.strerror or str(error) or type(error).__name__


@contextmanager
def open_stream(location: str) -> Iterator[IO[bytes]]:
    """Open a local file or a URL for reading; raises OSError alone."""
    if not is_url(location):
        with Path(location).open("rb") as stream:
            yield stream
        return
    import fsspec

    with network_faults(location), fsspec.open(location, "rb") as stream:
        yield stream


def _look_up(uri: str) -> None:
    import fsspec

    with network_faults(uri):
        system, path = fsspec.core.url_to_fs(uri)
        system.info(path)
