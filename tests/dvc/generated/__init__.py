"""Random DVC repositories, and a judge that compares `release verify` with a fresh clone and the real `dvc pull`.

A seed is a recipe (`recipes`): some kinds of things (`kinds`) that a repository has, each in one of its variants, and
what is mutated in it. `draft` is the repository that comes of it, as values; `judge` writes, audits, clones and pulls
it, in a sandbox (`pulls`). What ever differed is a row of `rows`.

    PYTHONPATH=tests:tests/dvc python -m generated 0 300    # judge these seeds, and make each that differs smaller
"""
