"""ZIP archives, read file by file within bounds."""
