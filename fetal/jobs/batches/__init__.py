"""Batch jobs: what is written down while long work goes on, whoever does it."""
