"""What workers are called: the data folder that they work on, the machine, the process, and a number that is new."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from facies.core.settings import Settings

_DIGITS: Final = 12
_LONGEST_HOST: Final = 100


def house_of(settings: Settings) -> str:
    """How the names of all workers of a data folder begin.

    Whoever holds the embedded store of the folder knows that no other process of it lives; so what is held under names
    that begin so, and not by itself, is nobody's.
    """
    path = os.path.realpath(settings.data_dir)
    return f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:_DIGITS]}:"


def place_of(settings: Settings) -> str:
    """The name of this process, another one at each call: a number that the system gives again is no name."""
    return f"{house_of(settings)}{socket.gethostname()[:_LONGEST_HOST]}:{os.getpid()}:{secrets.token_hex(3)}"
