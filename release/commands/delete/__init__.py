"""The `delete` command."""
