"""The operator's screens for accounts, roles and permissions, at the addresses of Flask-AppBuilder's own.

Flask-AppBuilder's forms for them show SQL to the user, sort by password hash and render every permission in one select;
these do neither. Tenants never reach them.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_appbuilder.baseviews import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.identity.access import OPERATOR, access
from app.identity.accounts import create_account, get_account, set_password
from app.identity.directory import change_account, find_accounts, tenants_of
from app.identity.forms import AccountForm, NewAccountForm, NewPasswordForm, show_problem
from app.identity.identities import identities_of
from app.identity.models import Account
from app.identity.principal import principal
from app.identity.problems import IdentityError
from app.identity.roles import all_roles, permission_matrix, role_name, set_role_permissions
from app.identity.sessions import end_sessions
from app.identity.views import PlainView
from app.identity.ways import ways

KEY = "<int(max=2147483647):pk>"


class AccountsView(PlainView):
    """`/users/...`"""

    route_base = "/users"

    @expose("/list/")
    @access(OPERATOR)
    def list(self) -> str:
        """Accounts, fifty a page."""
        wanted = request.args.get("q", "")
        page = find_accounts(wanted, request.args.get("after", ""))
        return render_template("identity/accounts.html", page=page, wanted=wanted)

    @expose("/add", methods=("GET", "POST"))
    @access(OPERATOR)
    def add(self) -> BaseResponse | str | tuple[str, int]:
        """A new account."""
        form = NewAccountForm()
        if not form.validate_on_submit():
            return _form_page(form, _("New account"))
        try:
            account = create_account(
                form.email.data,
                form.first_name.data,
                form.last_name.data or "",
                form.password.data,
                operator=form.is_operator.data,
            )
        except IdentityError as problem:
            show_problem(form, problem, "email")
            return _form_page(form, _("New account"))
        flash(_("The account is made."), "success")
        return redirect(url_for("AccountsView.edit", pk=account.id), 303)

    @expose(f"/show/{KEY}")
    @access(OPERATOR)
    def show(self, pk: int) -> BaseResponse:
        """The same page as for editing."""
        return redirect(url_for("AccountsView.edit", pk=_account(pk).id))

    @expose(f"/edit/{KEY}", methods=("GET", "POST"))
    @access(OPERATOR)
    def edit(self, pk: int) -> BaseResponse | str | tuple[str, int]:
        """One account: names, address, on or off."""
        account = _account(pk)
        form = AccountForm(obj=account)
        if not form.validate_on_submit():
            return _account_page(account, form)
        me = principal()
        if me is not None and me.account_id == pk and not (form.active.data and form.is_operator.data):
            form.active.errors = [_("You cannot lock yourself out.")]
            return _account_page(account, form)
        try:
            change_account(
                pk,
                email=form.email.data,
                first_name=form.first_name.data,
                last_name=form.last_name.data or "",
                active=form.active.data,
                is_operator=form.is_operator.data,
            )
        except IdentityError as problem:
            show_problem(form, problem, "email")
            return _account_page(account, form)
        flash(_("The account is saved."), "success")
        return redirect(url_for("AccountsView.edit", pk=pk), 303)

    @expose(f"/password/{KEY}", methods=("POST",))
    @access(OPERATOR)
    def password(self, pk: int) -> BaseResponse | str | tuple[str, int]:
        """Set a new password; every session of the account ends."""
        account = _account(pk)
        form = NewPasswordForm()
        if form.validate():
            try:
                set_password(pk, form.password.data)
            except IdentityError as problem:
                show_problem(form, problem, "password")
            else:
                flash(_("The password is set and the account's devices are signed out."), "success")
                return redirect(url_for("AccountsView.edit", pk=pk), 303)
        return _account_page(account, None, form)

    @expose(f"/sign-out/{KEY}", methods=("POST",))
    @access(OPERATOR)
    def sign_out(self, pk: int) -> BaseResponse:
        """End every session of the account."""
        end_sessions(_account(pk).id, "ended by the operator")
        flash(_("All devices of this account are signed out."), "success")
        return redirect(url_for("AccountsView.edit", pk=pk), 303)


class RolesView(PlainView):
    """`/roles/...`"""

    route_base = "/roles"

    @expose("/list/")
    @access(OPERATOR)
    def list(self) -> str:
        """All roles."""
        return render_template("identity/roles.html", roles=all_roles())

    @expose(f"/show/{KEY}")
    @access(OPERATOR)
    def show(self, pk: int) -> str:
        """What one role may do, as a matrix to tick."""
        name = role_name(pk) or abort(404)
        return render_template("identity/role.html", pk=pk, name=name, matrix=permission_matrix())

    @expose(f"/edit/{KEY}", methods=("POST",))
    @access(OPERATOR)
    def edit(self, pk: int) -> BaseResponse:
        """Save the ticked permissions."""
        if role_name(pk) is None:
            abort(404)
        ticked = request.form.getlist("grant")
        if not all(one.isascii() and one.isdigit() and len(one) < 10 for one in ticked):
            abort(422, description=_("This is not a permission."))
        try:
            set_role_permissions(pk, map(int, ticked))
        except IdentityError as problem:
            flash(problem.message, "danger")
        else:
            flash(_("The role is saved."), "success")
        return redirect(url_for("RolesView.show", pk=pk), 303)


class PermissionsView(PlainView):
    """`/permissions/...`"""

    route_base = "/permissions"

    @expose("/list/")
    @access(OPERATOR)
    def list(self) -> str:
        """Every permission there is and the roles that hold it."""
        return render_template("identity/permissions.html", matrix=permission_matrix())


ACCOUNT_VIEWS = (AccountsView, RolesView, PermissionsView)


def _account(pk: int) -> Account:
    return get_account(pk) or abort(404)


def _form_page(form: Any, title: str) -> tuple[str, int]:
    return render_template("identity/account_new.html", form=form, title=title), 422 if form.errors else 200


def _account_page(account: Account, form: Any, password_form: Any = None) -> tuple[str, int]:
    wrong = bool((form and form.errors) or (password_form and password_form.errors))
    page = render_template(
        "identity/account.html",
        account=account,
        form=form or AccountForm(formdata=None, obj=account),
        password_form=password_form or NewPasswordForm(formdata=None),
        tenants=tenants_of(account.id),
        linked=identities_of(account.id),
        ways=ways(),
    )
    return page, 422 if wrong else 200
