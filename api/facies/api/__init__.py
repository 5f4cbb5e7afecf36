"""The online side: HTTP, and the use cases behind it (search, classify, collections, uploads, jobs)."""
