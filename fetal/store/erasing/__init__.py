"""What an erasure asks of the database beyond its rows."""
