"""One stage of the schedule after another, with checkpoints and rehearsal."""
