"""Indexing on many nodes with Ray Data (the ``ray`` extra): workers read and embed, one process writes.

`engine` is what to call; it gives `facies.indexer.pipeline` another reader, so that everything which decides and writes
is the same code for both engines.
"""
