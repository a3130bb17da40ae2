"""Who may come in, and the audit of what they did: tables, and the chain that holds events."""
