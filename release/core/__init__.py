"""Values, parsers and rules: frozen structs and pure functions; no I/O, no clock, no terminal."""
