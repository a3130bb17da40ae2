"""Parts of the benchmark that kills a department's programs."""
