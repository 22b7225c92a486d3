"""One release: what is asked for, what is known, its checks, text, plan, record and report."""
