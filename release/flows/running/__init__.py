"""Carrying a plan out, and what follows it."""
