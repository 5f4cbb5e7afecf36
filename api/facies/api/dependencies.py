"""What routes ask for, as named types."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import PureWindowsPath
from typing import IO, Annotated

from fastapi import Depends, File, Path, Query, Request, UploadFile

from facies.api.examples import Upload
from facies.api.job_events import JobStreams
from facies.api.service import Service


async def get_service(request: Request) -> Service:
    """The parts that the app's lifespan opened; async, since what is not waits for a thread of its own."""
    service: Service = request.app.state.service
    return service


async def get_streams(request: Request) -> JobStreams:
    """The streams of events that this application has open."""
    streams: JobStreams = request.app.state.streams
    return streams


ServiceDep = Annotated[Service, Depends(get_service)]
StreamsDep = Annotated[JobStreams, Depends(get_streams)]
CollectionName = Annotated[str, Path(description="Name of a collection.", examples=["microfossils"])]
ImageId = Annotated[str, Path(description="Id of an image.", examples=["0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"])]
Files = Annotated[list[UploadFile], File(description="Image files; the type is decided by their content.")]
JobFiles = Annotated[list[UploadFile], File(description="What the job is to work on; every name once.")]
Offset = Annotated[int, Query(ge=0, le=2**63 - 1, description="How many to pass over first.")]


def uploads_of(files: Sequence[UploadFile]) -> list[Upload]:
    """The uploaded files, to be read one at a time, each as often as wanted."""
    return [Upload(_file_name(file, position), partial(_read, file)) for position, file in enumerate(files)]


def named_files(files: Sequence[UploadFile]) -> list[tuple[str, IO[bytes]]]:
    """The uploaded files by name, open; they are closed at the end of the request."""
    return [(_file_name(file, position), file.file) for position, file in enumerate(files)]


def _read(file: UploadFile) -> bytes:
    file.file.seek(0)
    return file.file.read()


def _file_name(file: UploadFile, position: int) -> str:
    """The last part of the name that the client gave, whichever system it comes from."""
    return PureWindowsPath(file.filename or "").name or f"file {position}"
