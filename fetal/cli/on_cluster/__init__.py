"""Commands whose work runs on a cluster."""
