"""The gate: may this person do this here, and if not, what said no."""

from app.features.gate import Decision, can

__all__ = ["Decision", "can"]
