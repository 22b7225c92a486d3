"""The `show` command."""
