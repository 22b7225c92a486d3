"""From a request to a plan, which nobody can see yet."""
