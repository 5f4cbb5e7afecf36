"""A drawing of a generated core, in a browser on the real service."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page

from facies.core.client import Client
from facies.core.wire_drawings import DrawingBody, DrawingClass, DrawingOut
from facies.indexer.segmentation.generated_cores import generate_core
from tests.e2e.board import Board, wait_until_ready

HEIGHT, WIDTH = 700, 420


@pytest.fixture
def client(stack: Any) -> Iterator[Client]:
    with Client(stack.api) as opened:
        yield opened


@pytest.fixture(scope="module")
def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(generate_core(5, height=HEIGHT, width=WIDTH, classes=3).image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def drawing(client: Client, png: bytes) -> DrawingOut:
    classes = [
        DrawingClass(id=number, name=name, colour=colour)
        for number, name, colour in ((0, "sand", "#e6413e"), (1, "shale", "#1429fb"), (2, "chalk", "#14fb14"))
    ]
    made = client.drawings.begin(DrawingBody(title="gestures", classes=classes))
    return client.drawings.upload_picture(made.id, "core.png", png)


@pytest.fixture
def board(stack: Any, client: Client, drawing: DrawingOut, open_page: Callable[..., Page]) -> Board:
    return wait_until_ready(Board(open_page(f"{stack.ui}/segment?drawing={drawing.id}"), client, drawing))
