"""Whether the probabilities of every plane, and not only the largest, mean what they say."""
