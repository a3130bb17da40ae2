"""Simulated scans of the six planes, with the truth about every pixel.

They serve tests, demonstration and, in a small share, training. No figure measured on them is
ever the model's accuracy.
"""

from fetal.phantom.scan import EARLY_PLANES, SIZE, Phantom, PhantomError, samples, simulate

__all__ = ["EARLY_PLANES", "SIZE", "Phantom", "PhantomError", "samples", "simulate"]
