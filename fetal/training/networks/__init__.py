"""The networks, their initial weights, and the device that they run on."""
