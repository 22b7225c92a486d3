"""Releases that are hit by a fault, really: killed, cut off, full, refused, raced; and what must be true afterwards."""
