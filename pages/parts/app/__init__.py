"""What stands around every page: session, menu, theme, headers, footer."""
