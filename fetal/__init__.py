"""Recognise fetal ultrasound planes; correct, retrain, compare, promote."""
