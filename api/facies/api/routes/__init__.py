"""HTTP paths: each route reads the request, calls one use case, and gives its answer."""
