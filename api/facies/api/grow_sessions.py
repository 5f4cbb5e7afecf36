"""A session of ``facies label grow`` in a file, so that a person can go on at any time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from facies.core.errors import ConfigurationError, QueryError, StorageError
from facies.core.wire_growth import GrowthState

DEFAULT_FILE = Path("facies-grow.json")


class GrowSession(BaseModel):
    """What the file holds."""

    model_config = ConfigDict(extra="forbid")

    collection: str
    page: int
    state: GrowthState


def read_session(path: Path) -> GrowSession:
    """Read a session.

    Raises:
        ConfigurationError: there is none, or the file is something else.
    """
    try:
        return GrowSession.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(
            f"there is no session in {path} ({error.strerror}); `facies label grow start LABEL -c COLLECTION` makes one"
        ) from error
    except ValidationError as error:
        raise ConfigurationError(f"{path} is no session of `facies label grow`; name one with --session") from error


def write_session(path: Path, session: GrowSession) -> None:
    """Write a session whole, or leave the file as it was.

    Raises:
        StorageError: the system refuses.
    """
    written = path.with_name(f"{path.name}.partial")
    try:
        written.write_text(session.model_dump_json(indent=1), encoding="utf-8")
        written.replace(path)
    except OSError as error:
        raise StorageError(path, error.strerror or str(error)) from error


def check_free(path: Path) -> None:
    """Refuse to begin where another session is.

    Raises:
        ConfigurationError: names it.
    """
    if path.exists():
        session = read_session(path)
        raise ConfigurationError(
            f"{path} holds a session that grows {session.state.label!r} in {session.collection!r}. Go on with it "
            "(`facies label grow show`), delete the file, or name another one with --session."
        )


def find_ids(shown: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Ids of images that a person names by their numbers on the page, from 1, or by id.

    Raises:
        QueryError: one is neither.

    Example:
        >>> find_ids(["a", "b", "c"], ["3", "a"])
        ['c', 'a']
    """
    ids = []
    for one in wanted:
        if one in shown:
            ids.append(one)
        elif one.isdecimal() and 1 <= int(one) <= len(shown):
            ids.append(shown[int(one) - 1])
        else:
            raise QueryError(f"{one!r} is no image of this page; give numbers from 1 to {len(shown)}, or ids")
    return ids
