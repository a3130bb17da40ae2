"""Parts of the Scans page."""
