"""Commands on who may use the program."""
