"""What every claim to a job rests on: rows that are changed by the attempt that holds them only."""
