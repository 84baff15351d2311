"""All that is installed, checked and frozen."""

from app.host.registry.building import build
from app.host.registry.installed import Registry

__all__ = ["Registry", "build"]
