"""Retraining runs: planned, started, watched, cancelled, compared."""
