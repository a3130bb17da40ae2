"""What every use case builds on: the open workspace and its champion."""
