"""The forms of the sign-in and profile pages."""

from __future__ import annotations

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, EqualTo, Length

from app.data.codes import TIME_ZONES
from app.identity.passwords import MAX_LENGTH, MIN_LENGTH
from app.identity.problems import IdentityError
from app.identity.scopes import READ_ONLY


class AtMost(Length):  # type: ignore[misc]
    """A longest length in letters, refused in our own words: WTForms' Arabic lacks most of the plural forms."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most, message=_l("This is too long."))


class Typable:
    """Refuses NUL and other control characters, which no keyboard sends and PostgreSQL cannot store."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if any(ord(letter) < 32 and letter not in "\t\r\n" for letter in field.data or ""):
            raise ValidationError(_("This contains a character that cannot be typed."))


class SignInForm(FlaskForm):  # type: ignore[misc]
    """Name and password."""

    username = StringField(
        _l("E-mail or user name"),
        [DataRequired(_l("Type your e-mail address or user name.")), AtMost(320)],
        render_kw={"autocomplete": "username", "autofocus": True, "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Type your password.")), AtMost(MAX_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )


class ProfileForm(FlaskForm):  # type: ignore[misc]
    """Names, language and time zone."""

    first_name = StringField(_l("First name"), [DataRequired(_l("Type a first name.")), AtMost(64), Typable()])
    last_name = StringField(_l("Last name"), [AtMost(64), Typable()])
    locale = SelectField(_l("Language"))
    timezone = SelectField(_l("Time zone"))

    def offer_choices(self) -> None:
        """Fill the two selects; must be called before the form is validated or shown."""
        languages: dict[str, dict[str, str]] = current_app.config["LANGUAGES"]
        self.locale.choices = [("", _("As the tenant")), *((code, one["name"]) for code, one in languages.items())]
        self.timezone.choices = [("", _("As the tenant")), *((one.value, one.words) for one in TIME_ZONES)]


class PasswordForm(FlaskForm):  # type: ignore[misc]
    """The present password and a new one, typed twice."""

    current = PasswordField(
        _l("Present password"),
        [DataRequired(_l("Type your present password.")), AtMost(MAX_LENGTH)],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _l("New password"),
        [DataRequired(_l("Type a new password.")), AtMost(MAX_LENGTH)],
        description=_l("At least %(n)s characters. A few unrelated words are easy to remember.", n=MIN_LENGTH),
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _l("New password, once more"),
        [EqualTo("password", _l("The two new passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )


class TokenForm(FlaskForm):  # type: ignore[misc]
    """What a new API token is called, what it may do and how long."""

    name = StringField(
        _l("Name"),
        [DataRequired(_l("Give the token a name.")), AtMost(100), Typable()],
        description=_l("What the token is for, such as “Shop import”."),
    )
    scopes = StringField(
        _l("What it may do"),
        [AtMost(2000), Typable()],
        default=READ_ONLY,
        description=_l("“read”, “*” for all that you may, or names such as “contacts.contact.*”, with blanks between."),
    )
    lifetime = SelectField(
        _l("Valid for"),
        choices=[("7", _l("7 days")), ("30", _l("30 days")), ("90", _l("90 days")), ("365", _l("A year"))],
        default="90",
    )


class AccountForm(FlaskForm):  # type: ignore[misc]
    """An account as the operator sees it."""

    email = StringField(_l("E-mail"), [DataRequired(_l("Type an e-mail address.")), AtMost(254), Typable()])
    first_name = StringField(_l("First name"), [DataRequired(_l("Type a first name.")), AtMost(64), Typable()])
    last_name = StringField(_l("Last name"), [AtMost(64), Typable()])
    active = BooleanField(_l("May sign in"), default=True)
    is_operator = BooleanField(_l("Operator of the platform"))


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    """A password set by the operator."""

    password = PasswordField(
        _l("New password"),
        [DataRequired(_l("Type a new password.")), AtMost(MAX_LENGTH)],
        description=_l("At least %(n)s characters. A few unrelated words are easy to remember.", n=MIN_LENGTH),
        render_kw={"autocomplete": "new-password"},
    )


class NewAccountForm(AccountForm):
    """An account to be made."""

    active = None
    password = PasswordField(
        _l("Password"),
        [DataRequired(_l("Type a password.")), AtMost(MAX_LENGTH)],
        description=_l("At least %(n)s characters. A few unrelated words are easy to remember.", n=MIN_LENGTH),
        render_kw={"autocomplete": "new-password"},
    )


def show_problem(form: FlaskForm, problem: IdentityError, default: str) -> None:
    """Put a refusal at the field it speaks of, or at the default one."""
    field = form._fields.get(problem.field) or form._fields[default]
    field.errors = [*field.errors, problem.message]
