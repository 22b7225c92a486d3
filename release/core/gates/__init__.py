"""Metric gates: matching metrics and evaluating them."""
