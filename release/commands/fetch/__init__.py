"""The `fetch` command."""
