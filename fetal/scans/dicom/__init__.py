"""DICOM files: their tags by allow-list, and their frames."""
