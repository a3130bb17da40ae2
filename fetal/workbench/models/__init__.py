"""Model versions: compared, evaluated, promoted, rolled back."""
