"""The second reader: a small network of another origin, which says whether it agrees."""
