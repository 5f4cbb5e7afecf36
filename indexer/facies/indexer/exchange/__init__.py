"""Collections on their way elsewhere: to a Parquet file and back, to another name, to another vector store."""
