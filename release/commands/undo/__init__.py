"""The `undo` command."""
