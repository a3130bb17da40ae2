"""Tables of labels: their encoding, columns, cells, and what they mean."""
