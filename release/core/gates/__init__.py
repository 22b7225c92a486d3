"""Metric gates: which metrics they mean, and what each comes to."""
