"""The part of the HTTP client that is about drawings."""

from __future__ import annotations

from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote

from facies.core.errors import PreviewSupersededError
from facies.core.wire_drawings import (
    DrawingBody,
    DrawingChange,
    DrawingOut,
    PictureBody,
    PicturePlace,
    PreviewBody,
    PreviewOut,
    RevisionOut,
    RunBody,
    StrokeChange,
    StrokeFileBody,
    StrokesOut,
)
from facies.core.wire_jobs import JobOut

if TYPE_CHECKING:
    from pydantic import BaseModel

    from facies.core.client import Client

PREVIEW_HEADER: Final = "X-Facies-Preview"
"""Has what is said of a preview, as JSON; the body is its picture."""


class DrawingsClient:
    """Drawings of a service; `facies.core.client.Client.drawings` gives it."""

    def __init__(self, client: Client) -> None:
        """Ask through an open client."""
        self._client = client

    def list(self) -> list[DrawingOut]:
        """All drawings, the one that was changed last first."""
        return self._client.read(list[DrawingOut], "GET", "/v1/drawings")

    def begin(self, body: DrawingBody) -> DrawingOut:
        """Make a drawing without pictures."""
        return self._client.read(DrawingOut, "POST", "/v1/drawings", json=_json(body))

    def get(self, drawing: str) -> DrawingOut:
        """One drawing."""
        return self._client.read(DrawingOut, "GET", _drawing(drawing))

    def change(self, drawing: str, body: DrawingChange) -> DrawingOut:
        """Change its title or its classes."""
        return self._client.read(DrawingOut, "PATCH", _drawing(drawing), json=_json(body))

    def delete(self, drawing: str) -> None:
        """Delete a drawing with its copies of pictures and its strokes; jobs stay."""
        self._client.send("DELETE", _drawing(drawing))

    def add_picture(self, drawing: str, body: PictureBody) -> DrawingOut:
        """Copy an image of a collection, or of the service's disk, into a drawing."""
        return self._client.read(DrawingOut, "POST", f"{_drawing(drawing)}/pictures", json=_json(body))

    def upload_picture(self, drawing: str, name: str, data: bytes | IO[bytes]) -> DrawingOut:
        """Add a picture from this machine."""
        return self._client.read(
            DrawingOut, "POST", f"{_drawing(drawing)}/pictures/upload", files=[("file", (name, data))]
        )

    def place_picture(self, drawing: str, picture: str, body: PicturePlace) -> DrawingOut:
        """Say where a picture lies in the core."""
        return self._client.read(DrawingOut, "PUT", f"{_picture(drawing, picture)}/place", json=_json(body))

    def remove_picture(self, drawing: str, picture: str) -> DrawingOut:
        """Take a picture and its strokes out of a drawing."""
        return self._client.read(DrawingOut, "DELETE", _picture(drawing, picture))

    def strokes(self, drawing: str, picture: str) -> StrokesOut:
        """The strokes of a picture."""
        return self._client.read(StrokesOut, "GET", f"{_picture(drawing, picture)}/strokes")

    def change_strokes(self, drawing: str, picture: str, body: StrokeChange) -> RevisionOut:
        """Add strokes, and take others away."""
        return self._client.read(RevisionOut, "POST", f"{_picture(drawing, picture)}/strokes", json=_json(body))

    def stroke_file(self, drawing: str, picture: str) -> bytes:
        """The strokes of a picture as `facies segment train --labels` takes them."""
        return self._client.send("GET", f"{_picture(drawing, picture)}/strokes.json").content

    def load_stroke_file(self, drawing: str, picture: str, body: StrokeFileBody) -> DrawingOut:
        """Add the strokes of a file, and the classes that it brings."""
        return self._client.read(DrawingOut, "PUT", f"{_picture(drawing, picture)}/strokes.json", json=_json(body))

    def preview(self, drawing: str, picture: str, body: PreviewBody) -> tuple[PreviewOut, bytes]:
        """Name a window: what is said of it, and a PNG file of class ids in red and uncertainty in green.

        Raises:
            PreviewSupersededError: the same client has asked for a newer one meanwhile.
        """
        answer = self._client.send("POST", f"{_picture(drawing, picture)}/preview", json=_json(body))
        if answer.status_code == HTTPStatus.NO_CONTENT:
            raise PreviewSupersededError(body.turn)
        return PreviewOut.model_validate_json(answer.headers[PREVIEW_HEADER]), answer.content

    def run(self, drawing: str, body: RunBody) -> JobOut:
        """Have all pictures named by a job that learns from all strokes."""
        return self._client.read(JobOut, "POST", f"{_drawing(drawing)}/runs", json=_json(body))


def _json(body: BaseModel) -> Any:
    return body.model_dump(mode="json", exclude_unset=True)


def _drawing(drawing: str) -> str:
    return f"/v1/drawings/{quote(drawing, safe='')}"


def _picture(drawing: str, picture: str) -> str:
    return f"{_drawing(drawing)}/pictures/{quote(picture, safe='')}"
