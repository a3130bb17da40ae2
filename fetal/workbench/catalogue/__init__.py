"""Reads: scans found, filtered, counted, exported, and checked for damage."""
