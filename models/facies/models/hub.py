"""Files of the Hugging Face hub, or of a mirror of it, kept in a cache of our own below the weights folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from facies.core.errors import DownloadError, StorageError

if TYPE_CHECKING:
    from facies.models.cards import HubFile

REACH_TIMEOUT_S = 5.0
ETAG_TIMEOUT_S = 10.0


class HubUnreachableError(DownloadError):
    """The hub does not answer at all."""


def find_hub_file(source: HubFile, *, cache_dir: Path) -> Path | None:
    """Find a file that was fetched before; None where it was not. Never connects."""
    if not cache_dir.is_dir():
        return None
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.repo, source.file, cache_dir=cache_dir, revision=source.revision)
    return Path(found) if isinstance(found, str) else None


def fetch_hub_file(source: HubFile, *, cache_dir: Path, endpoint: str) -> Path:
    """Fetch a file, resuming what an interrupted run left.

    Raises:
        DownloadError: the hub cannot be reached, or has no such repository, revision or file.
        StorageError: the cache cannot be written, or the disk is full.
    """
    _check_reachable(endpoint)
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    # The hub's client changed its HTTP library between releases; its own error is a subclass of either one's HTTPError.
    either = (kind for kind in HfHubHTTPError.__mro__ if kind.__name__ == "HTTPError" and issubclass(kind, Exception))
    refusals: tuple[type[Exception], ...] = (HfHubHTTPError, HFValidationError, *either)
    where = f"{endpoint.rstrip('/')}/{source.repo}"
    try:
        return Path(
            hf_hub_download(
                source.repo,
                source.file,
                revision=source.revision,
                cache_dir=cache_dir,
                endpoint=endpoint.rstrip("/"),
                etag_timeout=ETAG_TIMEOUT_S,
            )
        )
    except LocalEntryNotFoundError as error:
        raise HubUnreachableError(f"{endpoint} cannot be reached ({_first_line(error.__cause__ or error)})") from error
    except GatedRepoError as error:
        raise DownloadError(f"{where} asks for consent to its licence: log in with `hf auth login`") from error
    except RepositoryNotFoundError as error:
        raise DownloadError(f"no repository at {where}, or it is private") from error
    except (RevisionNotFoundError, EntryNotFoundError) as error:
        raise DownloadError(f"{where} has no {source.file} at {source.revision}") from error
    except refusals as error:
        raise DownloadError(f"{where} did not give {source.file}: {_first_line(error)}") from error
    except OSError as error:
        if error.errno is None:  # the hub's client raises these itself: wrong size, an answer that is not the hub's
            raise DownloadError(f"{where} did not give {source.file}: {_first_line(error)}") from error
        raise StorageError(cache_dir, error.strerror or str(error)) from error


def _check_reachable(endpoint: str) -> None:
    # The hub's client tries for some 20 s before it gives up; without a network that is a long silence.
    try:
        httpx.head(endpoint, timeout=REACH_TIMEOUT_S)
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise HubUnreachableError(f"{endpoint} cannot be reached ({_first_line(error)})") from error


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
