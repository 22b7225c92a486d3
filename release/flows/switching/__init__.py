"""Parts of a checkout."""
