"""How pages and forms speak of pictures."""

from __future__ import annotations

FILE, REMOVE = "-file", "-remove"
"""Behind the name of an image's control: the file that goes with the form, and the tick that takes the picture out."""


def address(base: str, key: str, size: str) -> str:
    """`base` is the address of the field's pictures, as a column of that kind has it."""
    return f"{base.rstrip('/')}/{key}/{size}"
