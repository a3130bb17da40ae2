"""A process that works for another one and can be killed at any moment."""
