"""Labels, notes, undo, history, and who is looking at which scan."""
