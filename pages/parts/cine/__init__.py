"""Films: their frames one after another, by hand or played."""
