"""The `drill` command."""
