"""The commands of this layer; each module below loads its weight when its command runs."""

from facies.api.cli_adapt import adapt_app
from facies.api.cli_collections import collections_app
from facies.api.cli_derived import derived_app
from facies.api.cli_exchange import exchange_app
from facies.api.cli_grow import grow_app
from facies.api.cli_jobs import jobs_app
from facies.api.cli_label_files import label_files_app
from facies.api.cli_labels import label_app
from facies.api.cli_maps import map_app
from facies.api.cli_merges import merges_app
from facies.api.cli_queries import classify_app
from facies.api.cli_review import review_app
from facies.api.cli_search import search_app
from facies.api.cli_serving import demo_app, serve_app, up_app
from facies.api.cli_taxonomy import taxonomy_app
from facies.api.cli_vectors import vectors_app

collections_app.add_typer(exchange_app)
collections_app.add_typer(vectors_app)
collections_app.add_typer(derived_app)
collections_app.add_typer(adapt_app)
label_app.add_typer(label_files_app)
taxonomy_app.add_typer(merges_app)
label_app.add_typer(review_app)
label_app.add_typer(grow_app, name="grow")

__all__ = [
    "classify_app",
    "collections_app",
    "demo_app",
    "jobs_app",
    "label_app",
    "map_app",
    "search_app",
    "serve_app",
    "taxonomy_app",
    "up_app",
]
