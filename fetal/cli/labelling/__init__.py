"""Commands about labels: which are likely wrong, which to give next."""
