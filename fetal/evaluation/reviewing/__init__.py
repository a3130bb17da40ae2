"""What a reviewer asks of a report: which question is answered where, and what is not."""
