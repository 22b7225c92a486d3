"""The `rollback` command."""
