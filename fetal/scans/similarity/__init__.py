"""Perceptual hashes, and near-duplicates found by them."""
