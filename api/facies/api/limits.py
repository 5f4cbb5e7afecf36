"""What one query may ask for."""

from __future__ import annotations

from dataclasses import dataclass

from facies.core.errors import QueryError


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """Bounds of one query.

    Attributes:
        max_k: most neighbours.
        max_pixels: largest image that is decoded.
        max_file_bytes: largest original that is read.
    """

    max_k: int
    max_pixels: int
    max_file_bytes: int

    def check_k(self, k: int) -> None:
        """Refuse a number of neighbours out of range.

        Raises:
            QueryError: k < 1 or k > max_k.
        """
        if not 1 <= k <= self.max_k:
            raise QueryError(
                f"k is the number of neighbours, expected 1 to {self.max_k}, got {k}. FACIES_API__MAX_K sets the most."
            )
