"""The gate: may this person do this here, and if not, what said no."""

from app.features.gate import Decision, can, has_feature

__all__ = ["Decision", "can", "has_feature"]
