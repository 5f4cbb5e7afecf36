"""Sample images of our own making: enough variety to try everything without a download."""

from facies.indexer.samples.collection import CLASSES, MANIFEST, draw_sample, write_samples

__all__ = ["CLASSES", "MANIFEST", "draw_sample", "write_samples"]
