"""Scratch projects: real git, real DVC, a bare origin and a folder as blob store, in a closed environment."""

from project.project import Project
from project.run import Run
from project.templates import Templates
from project.world import World

__all__ = ["Project", "Run", "Templates", "World"]
