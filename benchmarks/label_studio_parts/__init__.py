"""Label Studio, installed, started and read in, for `benchmarks/label_studio.py`."""
