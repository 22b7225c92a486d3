"""A release: request, facts, checks, draft, plan, record and report."""
