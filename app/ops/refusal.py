"""The one way in which a command says no."""

from __future__ import annotations


class Refusal(Exception):
    """Something outside the program is not as it must be: one clear sentence, printed by commands that exit 1."""
