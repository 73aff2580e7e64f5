"""Actors in processes of their own: kill -9 any of them, and the rest keeps working."""

__version__ = "0.1.0"
