"""The `checkout` command."""
