"""Labels of a collection: given, taken back, proposed, and mirrored in the vector store."""
