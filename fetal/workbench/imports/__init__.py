"""Whole collections brought in: recognised, matched with labels, reported."""
