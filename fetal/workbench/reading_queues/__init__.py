"""Reading queues: saved views, who is handed which of their scans, and in which order."""
