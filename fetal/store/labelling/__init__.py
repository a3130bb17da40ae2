"""What people and checks of labels keep: queues, features of scans, the checks, and their lists."""
