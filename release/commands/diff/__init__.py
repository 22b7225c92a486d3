"""The `diff` command."""
