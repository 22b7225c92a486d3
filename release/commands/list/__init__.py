"""The `list` command."""
