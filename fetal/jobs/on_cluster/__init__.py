"""Jobs whose work runs on a cluster."""
