"""Who acts: a name for the history of labels, and whether its bearer has proved to be that."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import Final

from facies.core.errors import QueryError

LONGEST_NAME: Final = 100
NOBODY: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a program.

    Attributes:
        name: as it stands in the history.
        verified: whether it was proved, as by signing in; a name from a setting, a header or the system is not.
    """

    name: str
    verified: bool = False


def local_actor(user: str | None) -> Actor:
    """Whoever uses the command line: the name of the settings (``FACIES_USER``), else the system's.

    Raises:
        QueryError: the name is no name.
    """
    return Actor(check_name(user) if user else _system_name())


def check_name(name: str) -> str:
    """A person's name without the blanks around it.

    Raises:
        QueryError: it is empty, longer than 100 characters, or has control characters.

    Example:
        >>> check_name(" Ann Other ")
        'Ann Other'
    """
    clean = name.strip()
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise QueryError(
            f"the name of whoever acts is 1 to {LONGEST_NAME} printable characters (FACIES_USER, or the header "
            f"X-Facies-User), got {name[:LONGEST_NAME]!r}"
        )
    return clean


def _system_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        return NOBODY
