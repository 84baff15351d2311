"""Finding records: tokens, their index, and the tenant's tags."""


def install() -> None:
    """Listen to sessions: whatever is written from now on is found afterwards."""
    from app.search import tags, writer  # noqa: F401
