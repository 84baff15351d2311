"""How a sign-in fails."""

from __future__ import annotations

from blinker import Signal
from flask_babel import gettext as _

sign_in_refused = Signal("A sign-in with the name of a known account failed; `reason` is `refused` or `locked`.")
"""Receivers must be quick and equally quick for everybody: the time of an answer must not say who exists."""


class SignInRefusedError(Exception):
    """Nobody comes in. `words` says why, and no more than they may know: of a wrong password and an account that is
    switched off or does not exist, the caller cannot tell which. `status` is that of the answer."""

    def __init__(self, words: str = "", status: int = 401) -> None:
        self.words = words or _("The name and the password do not belong together.")
        self.status = status
        super().__init__(self.words)


class SignInUnavailableError(SignInRefusedError):
    """Whoever should be asked does not answer."""

    def __init__(self, name: str) -> None:
        super().__init__(_("%(name)s does not answer. Try again in a moment.", name=name), 503)
