"""Documentation of what a tenant has on: records with their relations, permissions, events, settings, jobs."""

from app.installation.docs.collecting import Chapter, Documentation, collect
from app.installation.docs.diagram import diagram
from app.installation.docs.drawing import drawing
from app.installation.docs.markdown import markdown

__all__ = ["Chapter", "Documentation", "collect", "diagram", "drawing", "markdown"]
