"""Parts of the Dataset page that deal with labels: likely mistakes, and what to label next."""
