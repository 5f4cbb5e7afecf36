"""``facies segment``: core photographs and macerals from a few strokes."""

from __future__ import annotations

import typer

from facies.indexer.cli_segment_apply import apply, suggest
from facies.indexer.cli_segment_train import evaluate, generate, train

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Segment core photographs and macerals: train on strokes, name every pixel, measure, draw test scenes.",
)
for command in (train, apply, evaluate, suggest, generate):
    app.command()(command)
