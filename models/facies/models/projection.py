"""From raw vectors to better ones: the linear map that a collection's vectors can be given, once it is fitted.

A projection is data: it is kept with the collection, its hash is part of the fingerprint of the vectors that it makes,
and a query goes through the same one as the images did.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError, ModelError

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings

_FORM = 1


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Centre, turn and scale, then bring to unit length.

    Attributes:
        mean: shape (d,), float32; taken from each vector first.
        matrix: shape (d, k), float32; what is left is multiplied by it.
        method: how it was fitted, in one line for fingerprints: ``whitened by views``.
    """

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]
    method: str

    @property
    def dim(self) -> int:
        """Length of what comes out."""
        return int(self.matrix.shape[1])

    @property
    def source_dim(self) -> int:
        """Length of what goes in."""
        return int(self.matrix.shape[0])

    @property
    def digest(self) -> str:
        """SHA-256 of its values and method, 64 hexadecimal digits."""
        digest = hashlib.sha256(f"{_FORM} {self.method} {self.matrix.shape}".encode())
        digest.update(np.ascontiguousarray(self.mean, dtype="<f4").tobytes())
        digest.update(np.ascontiguousarray(self.matrix, dtype="<f4").tobytes())
        return digest.hexdigest()

    def apply(self, rows: Embeddings) -> Embeddings:
        """Project vectors.

        Args:
            rows: shape (n, d), float32, unit rows.

        Returns:
            shape (n, k), float32, unit rows. A row is the same within 1e-6 in any company.

        Raises:
            DimensionMismatchError: the rows have another length.
            ModelError: a row lies at the mean, so it has no direction.
        """
        if rows.shape[1] != self.source_dim:
            raise DimensionMismatchError("the vectors to project", self.source_dim, rows.shape[1])
        made = (rows - self.mean) @ self.matrix
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        if not np.isfinite(lengths).all() or (lengths < _TOO_SHORT).any():
            raise ModelError(
                f"a vector has no direction after {self.method}: it is not finite, or lies at the mean of the images "
                "that this was fitted on"
            )
        return np.asarray(made / lengths, dtype=np.float32)

    def to_bytes(self) -> bytes:
        """Write it down; `from_bytes` reads it."""
        held = io.BytesIO()
        np.savez(held, form=_FORM, mean=self.mean, matrix=self.matrix, method=self.method)
        return held.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Projection:
        """Read what `to_bytes` wrote.

        Raises:
            ModelError: it is damaged, or of a later release.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as read:
                form, mean, matrix = int(read["form"]), read["mean"], read["matrix"]
                method = str(read["method"])
        except (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile) as error:
            raise ModelError(f"a stored projection cannot be read: {error}") from error
        if form != _FORM:
            raise ModelError(f"a stored projection has form {form}, expected {_FORM}: a later release wrote it")
        return cls(mean.astype(np.float32), matrix.astype(np.float32), method)


_TOO_SHORT = 1e-9
