"""Segmentation: hypercolumns of a network at each pixel, their cache, and the classifiers that learn from strokes."""
