"""The base of all errors; import it from `facies.core.errors`, which draws their tree."""

from __future__ import annotations

from typing import Self


class FaciesError(Exception):
    """Base of all errors of facies. ``str(error)`` is a message for a person."""

    def __init__(self, message: str) -> None:
        """Keep the message; subclasses build it from values."""
        super().__init__(message)

    @property
    def message(self) -> str:
        """What happened, what was expected, what came, what to do."""
        return str(self.args[0])

    @classmethod
    def from_message(cls, message: str) -> Self:
        """Make the error from a finished message, as the HTTP client does with a problem document."""
        error = cls.__new__(cls)
        Exception.__init__(error, message)
        return error
