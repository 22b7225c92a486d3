"""Which version comes next, and why."""
