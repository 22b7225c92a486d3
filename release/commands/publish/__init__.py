"""The `publish` command."""
