from __future__ import annotations

from facies.core.errors import (
    DrawingInUseError,
    DrawingNotFoundError,
    PictureNotFoundError,
    PreviewSupersededError,
    TooManyPreviewsError,
)


def test_a_picture_that_is_not_there_is_told_with_those_that_are() -> None:
    assert PictureNotFoundError("d", "p", ["a", "b"]).message == "the drawing 'd' has no picture 'p'. It has a, b."
    assert PictureNotFoundError("d", "p", []).message.endswith("It has none.")


def test_messages_say_what_to_do() -> None:
    assert DrawingNotFoundError("d").message.endswith("Begin another one.")
    assert DrawingInUseError("j1", "running").message.endswith("wait until the job is over, or stop it.")
    assert "preview 3 was given up" in PreviewSupersededError(3).message
    assert "8 previews are waiting" in TooManyPreviewsError(8).message
