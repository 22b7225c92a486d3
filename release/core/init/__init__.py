"""Proposals of `release init`."""
