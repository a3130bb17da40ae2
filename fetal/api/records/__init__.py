"""What the API takes and gives, as typed records; the client reads the same ones."""
