"""The sign-in page: the form for a name and a password where there is one, and a button for every other way."""

from __future__ import annotations

from flask import render_template, request

from app.identity.forms import SignInForm
from app.identity.ways import ways
from app.tenancy.paths import ROOT

Page = tuple[str, int, dict[str, str]]


def sign_in_page(
    form: SignInForm | None = None,
    status: int = 200,
    *,
    typed: str = "",
    target: str = "",
    problem: str = "",
    signed_out: bool = False,
    action: str = "",
    headers: dict[str, str] | None = None,
) -> Page:
    """The page. `problem` is a sentence that belongs to no field, `typed` a form that is carried along (see `resend`).

    action: where the password form leads, when that is not the address of this request.
    """
    chosen = ways()
    asserted = chosen.asserted()
    page = render_template(
        "identity/sign_in.html",
        form=(form or SignInForm(formdata=None)) if chosen.asks_password else None,
        action=action,
        ways=chosen,
        asserted=asserted.name if asserted else "",
        root=request.environ.get(ROOT, ""),
        typed=typed,
        target=target,
        problem=problem,
        signed_out=signed_out,
    )
    return page, status, {"Cache-Control": "no-store", **(headers or {})}
