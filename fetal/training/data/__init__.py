"""The scans of a run: examples, prepared arrays, augmentation, batches."""
