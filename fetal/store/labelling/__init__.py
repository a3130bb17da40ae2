"""What checks of labels keep: features of scans, the checks, and the lists that they made."""
