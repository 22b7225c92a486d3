"""What `release init` proposes."""
