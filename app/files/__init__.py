"""Files people attach: where the bytes lie, who may have them, when they go."""


def install() -> None:
    """Listen to sessions: from now on bytes follow their rows."""
    from app.files import lifecycle  # noqa: F401
    from app.files.pictures import naming  # noqa: F401
