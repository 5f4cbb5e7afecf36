"""``facies models``: list the model cards, show one, fetch and check its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from facies.core.cli import print_json
from facies.core.settings import load_settings

if TYPE_CHECKING:
    from facies.core.wire import ModelOut

app = typer.Typer(no_args_is_help=True, help="List model cards; fetch and check weights.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")]
Name = Annotated[str, typer.Argument(help="A card of `facies models list`, or timm:<name>.")]


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List every model card and whether its weights are on this machine."""
    from facies.models.listing import list_models

    weights_dir = load_settings().weights_dir
    models = list_models(weights_dir)
    if json:
        print_json({"models": [model.model_dump() for model in models]})
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "input px", "dim", "weights", "licence")
    table.columns[0].no_wrap = True
    for model in models:
        state = "[green]at hand[/]" if model.available else "[dim]to be fetched[/]"
        table.add_row(model.name, str(model.input_px), str(model.dim), state, model.licence)
    console = Console()
    console.print(table)
    console.print(f"Weights are looked for in {weights_dir}. timm:<name> reaches the rest of timm.", soft_wrap=True)


@app.command()
def show(name: Name, *, json: Json = False) -> None:
    """Show one model card: publication, licence, preprocessing, and where its weights may come from."""
    from facies.models.card_recipes import recipes_of
    from facies.models.listing import describe_model
    from facies.models.registry import get_card

    card = get_card(name)
    model = describe_model(card, load_settings().weights_dir)
    recipes = recipes_of(card)
    if json:
        said = {name: {"text": one.recipe.text, "passes": one.recipe.passes(card)} for name, one in recipes.items()}
        print_json({**model.model_dump(), "preprocessing": card.preprocessing, "recipes": said})
        return
    costs = [f"{name} ({one.recipe.passes(card):.3g}x): {one.recipe.text}" for name, one in recipes.items()]
    details = {"preprocessing": card.preprocessing, "recipes": "\n".join([*costs, "(x: forward passes an image)"])}
    _print_card(model, {"architecture": f"{card.architecture} (timm)", **details})


@app.command()
def fetch(name: Name, *, json: Json = False) -> None:
    """Fetch the weights of a card where they are not here yet, and check that they fit its network."""
    from facies.models.registry import get_card
    from facies.models.weights import find_weights

    settings = load_settings()
    card = get_card(name)
    found = find_weights(
        card,
        weights_dir=settings.weights_dir,
        hub_endpoint=settings.models.hub_endpoint,
        offline=settings.models.offline,
    )
    from facies.models.networks import load_network

    load_network(card, found.path, device="cpu")
    if json:
        print_json({"model": card.name, "path": str(found.path), "sha256": found.sha256, "source": found.source})
        return
    typer.echo(f"{card.name}: every tensor fits\n  file    {found.path}\n  source  {found.source}")
    typer.echo(f"  sha256  {found.sha256}")


def _print_card(model: ModelOut, details: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, title=f"{model.title} ({model.name})", title_justify="left")
    rows = {
        "publication": model.publication,
        "licence": model.licence,
        **details,
        "output": f"{model.dim} values",
        "weights": "at hand" if model.available else "not on this machine",
        "sources": "\n".join(model.sources),
        "notes": model.notes,
    }
    for field, value in rows.items():
        table.add_row(f"[bold]{field}[/]", value)
    Console().print(table)
