"""Tags and the releases among them: names, messages, signatures, and how they watch each other."""
