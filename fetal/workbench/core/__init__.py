"""What every use case builds on: the open workspace, its champion, its queue."""
