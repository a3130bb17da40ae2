"""`fetal serve` and `fetal worker`."""
