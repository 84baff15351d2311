"""Jobs that change many leads."""

from __future__ import annotations

from collections.abc import Callable

from app.sdk import JobRun, session


def in_steps(run: JobRun, step: Callable[[], int]) -> None:
    """Call `step`, which says how many leads it changed, until it finds none; each is committed and told as progress.
    What finds its leads by what is still to be done goes on where it stopped when it is taken up again."""
    done = 0
    while changed := step():
        done += changed
        session.commit()
        run.progress(done)
