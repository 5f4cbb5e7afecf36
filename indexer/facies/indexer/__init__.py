"""The batch side: sources of images, the pipeline that indexes them, and the upkeep of what is indexed."""
