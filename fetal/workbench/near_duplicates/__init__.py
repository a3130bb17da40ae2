"""Scans that show the same picture, and what people decided about them."""
