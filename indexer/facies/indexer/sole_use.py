"""Work that needs the data folder to itself, since no service can do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facies.core.errors import StoreLockedError
from facies.core.workspace import open_workspace

if TYPE_CHECKING:
    from facies.core.settings import Settings
    from facies.core.workspace import Workspace


def open_alone(settings: Settings, what: str) -> Workspace:
    """Open the data folder as `facies.core.workspace.open_workspace` does.

    Args:
        settings: of the composition root.
        what: the work, for the message where another process holds the store.

    Raises:
        StoreLockedError: another process does; its message does not offer the way through a service.
        FaciesError: see `open_workspace`.
    """
    try:
        return open_workspace(settings)
    except StoreLockedError as error:
        held = error.message.partition(";")[0]
        raise StoreLockedError.from_message(
            f"{held}; {what} needs the data to itself and cannot go through a service. Stop that process (Ctrl-C in "
            "its terminal), run this command again, then start it anew."
        ) from error
