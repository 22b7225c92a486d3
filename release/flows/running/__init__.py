"""Execution of a plan, and the steps after it."""
