"""Who is at which browser, and what the program keeps for that browser."""
