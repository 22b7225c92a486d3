"""Words, parsing and rules: frozen values and pure functions; no I/O, no clock, no terminal."""
