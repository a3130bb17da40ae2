"""Which labelled scans a training may use: splits, test set, lineage, leakage."""
