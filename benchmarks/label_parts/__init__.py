"""What the benchmarks of labels share."""
