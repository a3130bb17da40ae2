"""What `fetal evaluate` measures besides the labelled images: strangers, and other models."""
