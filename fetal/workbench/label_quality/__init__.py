"""How good the labels are, what to label next, and how scans lie to one another in features."""
