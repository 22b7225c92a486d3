"""Hands: the only code that meets a process, a disk or a network."""
