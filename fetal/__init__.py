"""Recognise fetal ultrasound planes; correct, retrain, compare, promote."""

__version__ = "0.1.0"
