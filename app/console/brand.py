"""What may be a tenant's colour: one that everybody can read, in light and in dark mode."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.branding.colours import AA, DARK, WHITE, nearest, parsed, weakest
from app.host import FieldErrors

LIGHT_GROUND = (WHITE,)


def check_brand(row: Any, is_new: bool) -> None:
    """Before a brand is saved: its colours are colours, and have the contrast that WCAG AA asks for."""
    errors = {}
    for name, grounds in (("accent", LIGHT_GROUND), ("accent_dark", DARK)):
        if getattr(row, name):
            words = _checked(row, name, grounds)
            if words:
                errors[name] = words
    if row.accent_dark and not row.accent:
        errors.setdefault("accent", str(_("Please choose this colour as well.")))
    if errors:
        raise FieldErrors(errors)


def _checked(row: Any, name: str, grounds: tuple[str, ...]) -> str:
    """What is wrong with a colour, empty when nothing is. It is stored as `#rrggbb` however it was typed."""
    typed = getattr(row, name)
    try:
        colour = parsed(typed)
    except ValueError:
        return str(_("“%(value)s” is no colour. Six digits such as #2f51c9 name one.", value=typed))
    setattr(row, name, colour)
    found = weakest(colour, grounds)
    if found >= AA:
        return ""
    values = {"found": f"{found:.1f}", "least": f"{AA:g}", "better": nearest(colour, grounds)}
    if grounds == LIGHT_GROUND:
        return str(_("White letters on it have a contrast of %(found)s, and %(least)s is the least that can be read by"
                     " everybody. The nearest colour that has it is %(better)s.", **values))  # fmt: skip
    return str(_("On the dark of dark mode it has a contrast of %(found)s, and %(least)s is the least that can be read"
                 " by everybody. The nearest colour that has it is %(better)s.", **values))  # fmt: skip
