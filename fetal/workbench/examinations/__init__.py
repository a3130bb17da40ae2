"""Examinations and films: what was stored of one patient, by occasion and in its order."""
