"""Taxonomies: accepted names with their ranks, parents, codes and synonyms, and what follows from them."""

from facies.core.taxonomy.taxon import RANKS, Span, Taxon
from facies.core.taxonomy.taxonomy import Resolution, Suggestion, Taxonomy

__all__ = ["RANKS", "Resolution", "Span", "Suggestion", "Taxon", "Taxonomy"]
