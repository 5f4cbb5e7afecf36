"""The service as the pages see it: one HTTP client for the whole process, and reads that a rerun need not repeat."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st

from facies.core.client import Client
from facies.core.wire import CollectionOut, ModelOut
from facies.core.wire_taxonomy import TaxonomyOut

STATS_TTL_S = 3.0
"""How long counts may be old; changes made on these pages show at once."""


@dataclass(frozen=True, slots=True)
class Service:
    """A client, and the address under which the browser (not this process) reaches the same service."""

    client: Client
    public_url: str

    def link(self, path: str) -> str:
        """The address of a path of the API, for the browser; a path alone where the page has the same origin."""
        return f"{self.public_url}{path}"


@st.cache_resource(show_spinner=False)
def open_service(api_url: str, public_url: str | None) -> Service:
    """The one client of this process for these addresses; a public one of ``/`` is the page's own origin."""
    return Service(Client(api_url), (public_url or api_url).rstrip("/"))


@st.cache_data(ttl=STATS_TTL_S, show_spinner=False, hash_funcs={Service: lambda s: s.client.base_url})
def _load_collections(service: Service) -> list[CollectionOut]:
    return sorted(service.client.collections(), key=lambda c: c.name)


def load_collections(service: Service, wanted: str | None = None) -> list[CollectionOut]:
    """All collections, in order of name; read afresh where the wanted one is not among those read a moment ago."""
    collections = _load_collections(service)
    if wanted is not None and all(c.name != wanted for c in collections):
        forget_counts()
        collections = _load_collections(service)
    return collections


@st.cache_data(ttl=60.0, show_spinner=False, hash_funcs={Service: lambda s: s.client.base_url})
def load_models(service: Service) -> list[ModelOut]:
    """The model cards."""
    return service.client.models()


@st.cache_data(ttl=10.0, show_spinner=False, hash_funcs={Service: lambda s: s.client.base_url})
def load_taxonomy(service: Service, name: str) -> TaxonomyOut:
    """A taxonomy with all its taxa; a change by another process shows within ten seconds."""
    return service.client.taxonomy.taxonomy(name)


def forget_counts() -> None:
    """Make the next read of the collections a fresh one, after a change."""
    _load_collections.clear()


def signature(collection: CollectionOut) -> Hashable:
    """What must be equal for an earlier answer about this collection to stand."""
    return (collection.name, collection.created_at, collection.revision, tuple(v.digest for v in collection.vectors))
