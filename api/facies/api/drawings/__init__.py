"""Drawings: pictures with strokes on them, kept on the service; previews while somebody draws, and jobs of them."""
