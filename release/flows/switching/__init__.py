"""The parts of a checkout."""
