"""What all commands share: options, files given, what is printed."""
