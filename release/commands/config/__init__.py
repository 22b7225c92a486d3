"""The `config` command."""
