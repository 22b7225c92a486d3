"""The `yank` command."""
