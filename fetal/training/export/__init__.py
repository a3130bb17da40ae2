"""From a Keras model to the serving graph; it and frozen layers alone need OpenVINO."""
