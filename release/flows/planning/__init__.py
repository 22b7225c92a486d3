"""Planning of a release: from a request to a plan, without a visible change."""
