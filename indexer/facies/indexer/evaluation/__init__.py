"""``facies evaluate``: how well vectors find images of the same class, by the protocol of the SCAMPI benchmark.

What computes is pure and takes arrays: `splits`, `ranking`, `retrieval`, `classification`, `protocol`, `comparison`.
Around it stand `subjects` (which images take part, under which label), `gallery` and `stored` (their vectors,
embedded or read), `dump`, `summary`, `tables` and `report` (what is told), and `command`, which brings them together.

Source: https://github.com/equinor/scampi-benchmark (NLOD 2.0 data; figures compared, no code taken).
"""
