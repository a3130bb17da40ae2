"""The part of the screen that the ultrasound fills, and text burned into the scan."""
