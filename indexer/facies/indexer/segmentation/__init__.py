"""Segmentation from few labels: labels in, scores, folds, and generated images to check them on."""
