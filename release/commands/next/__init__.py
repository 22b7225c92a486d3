"""The `next` command."""
