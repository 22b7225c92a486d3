"""The `promote` command."""
