"""What a scan's rows add up to now: one row a scan, kept by the database's own triggers."""
