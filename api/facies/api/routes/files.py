"""Images as files over HTTP: caching, names, and nothing that a browser could take for a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import FileResponse

MEDIA_TYPES: Mapping[str, str] = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
}
"""By the format that decoding found, never by the file's suffix."""

THUMBNAIL_TYPES: Mapping[str, str] = {".jpg": "image/jpeg", ".webp": "image/webp"}
"""Of thumbnails, which this code named itself."""

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "private, no-cache"
"""An original may be deleted, so a browser asks each time whether its copy still stands."""

_SAFETY = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


def is_known(request: Request, etag: str) -> bool:
    """Whether the client says that it holds this version already."""
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}


def not_modified(etag: str, cache: str) -> Response:
    """The answer to a client that holds this version already."""
    return Response(status_code=304, headers={"ETag": etag, "Cache-Control": cache})


def file_answer(path: Path, *, name: str, media_type: str, etag: str, cache: str) -> Response:
    """A file of the local disk; parts of it where the client asks for a range."""
    return FileResponse(path, media_type=media_type, headers=_headers(name, etag, cache))


def download_answer(path: Path, *, name: str, etag: str) -> Response:
    """A file of the local disk that is to be kept, whatever it holds, and never to be shown."""
    headers = _headers(name, etag, REVALIDATE) | {
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name, safe='')}"
    }
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


def bytes_answer(data: bytes, *, name: str, media_type: str, etag: str, cache: str) -> Response:
    """Bytes in memory as a file."""
    return Response(data, media_type=media_type, headers=_headers(name, etag, cache))


def name_of(uri: str) -> str:
    """The file name at the end of a path or URL; of a ``zip://`` URI the member's.

    Example:
        >>> name_of("zip://slides/a.tif::/data/x.zip"), name_of("/data/b.png")
        ('a.tif', 'b.png')
    """
    return PurePosixPath(uri.partition("::")[0]).name


def _headers(name: str, etag: str, cache: str) -> dict[str, str]:
    shown = f"inline; filename*=utf-8''{quote(name, safe='')}"
    return {"Content-Disposition": shown, "ETag": etag, "Cache-Control": cache, **_SAFETY}
