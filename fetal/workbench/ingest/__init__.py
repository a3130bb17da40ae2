"""One file on its way into the store: read, de-identified, checked, stored."""
