"""Words of segmentation that every layer shares: classes with their ids, names and colours, and masks of them."""

from facies.core.segmentation.class_table import ClassTable, SegmentationClass

__all__ = ["ClassTable", "SegmentationClass"]
