"""The rules of how a release is made (docs/explanation/how-a-release-is-made.md), each from an experiment without it."""

from dataclasses import replace

from taken_out.publishing import (
    following,
    guards,
    leftovers,
    preparing,
    processes,
    pushing,
    reading,
    records,
    recovering,
    refusing,
    tags_here,
)
from taken_out.rule import Rule

_PARTS: dict[str, tuple[Rule, ...]] = {
    "Reading": reading.READING,
    "Preparing: files": preparing.FILES,
    "Preparing: signatures": preparing.SIGNING,
    "Preparing: what is kept until it is pushed": preparing.KEEPING,
    "Before the push: files": refusing.FILES,
    "Before the push: the state of the clone": refusing.STATE,
    "Before the push: what happens while the question is open": refusing.WHILE_ASKED,
    "Pushing: its words": pushing.WORDS,
    "Pushing: which side is asked": pushing.PLACES,
    "After the push: what an answer is": pushing.ANSWERS,
    "After the push: what `recover` decides": recovering.DECIDING,
    "Races": recovering.RACES,
    "Afterwards: refs": following.REFS,
    "Afterwards: files": (*following.FILES, *following.MANY),
    "Afterwards: what killed gits leave": leftovers.LEFTOVERS,
    "Afterwards: releases that are not published": (*leftovers.UNPUBLISHED, *leftovers.ALONG),
    "Processes: variables": processes.VARIABLES,
    "Processes: who is asked": processes.ASKING,
    "Processes: who is stopped, and who hears Ctrl-C": processes.STOPPING,
    "Hooks": processes.HOOKS,
    "The record and the lock": records.RECORD,
    "Deleting": records.DELETING,
    "What comes from outside: bounds": guards.BOUNDS,
    "What comes from outside: escapes": guards.ESCAPES,
    "What comes from outside: paths and names": guards.PATHS,
    "Secrets": guards.SECRETS,
    "Tags are watched": (*guards.WATCHED, *tags_here.TAGS_HERE),
}

PUBLISHING: tuple[Rule, ...] = tuple(replace(rule, part=part) for part, rules in _PARTS.items() for rule in rules)
