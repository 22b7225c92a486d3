"""Rules that no mutation of operators can break: flags of git, the order of steps, leases, fsync.

    PYTHONPATH=tests .venv/bin/python -m taken_out [WORD...] [--table FILE]

takes each of them out of the code in turn, in the tree that it is called in, checks that a test fails, and puts the rule
back; a rule that no test misses fails the run. It needs what the tests of the mark `system` need.
"""
