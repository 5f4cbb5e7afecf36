"""The layer all others share: words, errors, settings, images, the vector store, the catalogue."""
