"""Jobs that look at labels: the queue, and the right to work on one."""
