"""Parts of the Administration page: people, audit, health."""
