"""The key of the pseudonyms, and erasure."""
