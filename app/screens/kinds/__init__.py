"""What each kind of field can do: read and write itself in forms and in JSON, describe itself, and be filtered by."""

from app.screens.kinds.base import Kind, Reader, reader
from app.screens.kinds.catalogue import KINDS, kind_of

__all__ = ["KINDS", "Kind", "Reader", "kind_of", "reader"]
