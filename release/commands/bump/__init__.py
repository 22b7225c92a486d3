"""The `bump` command."""
