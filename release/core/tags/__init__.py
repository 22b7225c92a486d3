"""Tags and the releases among them: names, messages, signatures, and the chain between them."""
