"""Each rule that a promise rests on, with the test that turns red when the rule is taken out of the code.

    PYTHONPATH=tests .venv/bin/python -m taken_out audit [NAME...] [--table FILE]

takes each of them out in turn, in the tree that it is called in, and puts it back; a rule that nothing misses fails
the run. `tests/shape/test_rules_can_be_taken_out.py` holds that the lists fit today's code.
"""
