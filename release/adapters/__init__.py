"""Adapters: the only code that starts processes or uses the disk or the network."""
