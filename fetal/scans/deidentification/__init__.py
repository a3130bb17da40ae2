"""Identifiers to pseudonyms; names of files, machines and placeholders."""
