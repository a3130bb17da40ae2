"""The database as a whole: all its tables."""
