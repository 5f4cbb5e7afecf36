"""The commands of this layer; each module below loads its weight when its command runs."""

from facies.api.cli_collections import collections_app
from facies.api.cli_queries import classify_app, search_app
from facies.api.cli_serving import demo_app, serve_app, up_app

__all__ = ["classify_app", "collections_app", "demo_app", "search_app", "serve_app", "up_app"]
