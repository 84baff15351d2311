"""`python -m app.cli`: how the supervisor starts its children, with the Python that runs it."""

from app.cli import main

main()
