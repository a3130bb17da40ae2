"""Reads files from outside in sandbox processes."""
