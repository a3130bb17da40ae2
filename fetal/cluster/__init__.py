"""Batch work on Dask: on processes of this computer, or on a scheduler that FETAL_CLUSTER names."""
