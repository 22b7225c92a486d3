"""The `changelog` command."""
