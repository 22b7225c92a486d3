"""The `stages` command."""
