"""The `recover` command."""
