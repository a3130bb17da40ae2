"""Sets of planes that hold the true one as often as they promise, plane by plane."""
