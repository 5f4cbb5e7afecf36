"""Taxonomies on their way in: tables, Darwin Core, and the labels of a collection that are held against them."""
