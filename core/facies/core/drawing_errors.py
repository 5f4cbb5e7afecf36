"""The errors of drawings; import them from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

from collections.abc import Iterable

from facies.core.error_base import FaciesError


class DrawingError(FaciesError):
    """A drawing that cannot be kept, or a change of one that makes no sense."""


class DrawingNotFoundError(DrawingError):
    """There is no such drawing."""

    def __init__(self, drawing: str) -> None:
        """Name it."""
        super().__init__(f"there is no drawing {drawing!r}: it was deleted, or never made. Begin another one.")


class PictureNotFoundError(DrawingError):
    """The drawing has no such picture."""

    def __init__(self, drawing: str, picture: str, known: Iterable[str]) -> None:
        """Name both, and the pictures that there are."""
        there = ", ".join(known)
        super().__init__(
            f"the drawing {drawing!r} has no picture {picture!r}. " + (f"It has {there}." if there else "It has none.")
        )


class DrawingInUseError(DrawingError):
    """A job that is not over reads what would be taken away."""

    def __init__(self, job: str, state: str) -> None:
        """Name the job and its state."""
        super().__init__(f"the job {job} reads it and is {state}; wait until the job is over, or stop it.")


class PreviewSupersededError(DrawingError):
    """The same person asked for a newer preview, so that nobody waits for this one."""

    def __init__(self, turn: int) -> None:
        """Name it."""
        super().__init__(f"preview {turn} was given up, since a newer one was asked for meanwhile.")


class TooManyPreviewsError(DrawingError):
    """As many previews wait as may wait."""

    def __init__(self, waiting: int) -> None:
        """Say how many."""
        super().__init__(f"{waiting} previews are waiting for their turn already; try again in some seconds.")
