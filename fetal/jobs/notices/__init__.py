"""What tells other programs that a job has ended."""
