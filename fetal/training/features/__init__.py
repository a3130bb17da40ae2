"""What frozen layers make of a scan, and the cache that keeps it."""
