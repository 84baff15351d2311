"""Settings of plugins: a form from declarations, secrets sealed for their row, values for code, keys that rotate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.audit.models import AuditEntry
from app.data import Money, db
from app.data.secrets import CannotOpen
from app.host.models import PluginSetting
from app.installation.rotation import rotate
from app.installation.settings import save_settings, setting
from app.testing.pages import page_of

HUSH = "a key that nobody reads"
PATH = "/console/plugins/garage"


@pytest.fixture
def tenant(house):
    return house.new_tenant()


def form(**values):
    return {"greeting": "Hi", "bays": "4", "tone": "curt", "open_on_sunday": "true", "hourly_rate": "12.50",
            "hourly_rate-currency": "USD", "api_key": HUSH, **values}  # fmt: skip


def test_nothing_is_set_and_defaults_hold(house, tenant):
    with house.inside(tenant):
        assert setting("garage.greeting") == "Welcome"
        assert setting("garage.bays") == 2
        assert setting("garage.tone") is None
        assert setting("garage.api_key") is None
        with pytest.raises(LookupError, match=r"garage\.nothing"):
            setting("garage.nothing")


def test_an_admin_fills_them_in(house, tenant):
    admin = house.browser("admin", tenant)
    assert 'value="Welcome"' in admin.go(PATH).text
    assert admin.send(PATH, form()).status_code == 303
    with house.inside(tenant):
        assert setting("garage.greeting") == "Hi"
        assert setting("garage.bays") == 4
        assert setting("garage.tone") == "curt"
        assert setting("garage.open_on_sunday") is True
        assert setting("garage.hourly_rate") == Money(1250, "USD")
        assert setting("garage.api_key") == HUSH
    with house.inside(house.globex):
        assert setting("garage.api_key") is None, "of this tenant alone"


def test_the_page_of_an_unset_and_unchanged_form_changes_nothing(house, tenant):
    admin = house.browser("admin", tenant)
    admin.send(PATH, form())
    form_there = next(one for one in page_of(admin.go(PATH)).forms if "bays" in one.data())
    before = stored(house, tenant)
    assert admin.post(admin.prefix + PATH, data=form_there.data()).status_code == 303
    assert stored(house, tenant) == before


def stored(house, tenant):
    with house.inside(tenant) as session:
        columns = PluginSetting.name, PluginSetting.value, PluginSetting.sealed, PluginSetting.version
        return sorted(tuple(map(str, row)) for row in session.execute(select(*columns)))


@pytest.mark.parametrize(
    ("values", "words"),
    [({"bays": ""}, "Please fill in"), ({"bays": "0"}, "1"), ({"bays": "many"}, "number"), ({"tone": "rude"}, ""),
     ({"greeting": "x" * 41}, "40"), ({"hourly_rate": "a lot"}, "")],
)  # fmt: skip
def test_bad_values_are_refused_at_their_field_and_nothing_is_stored(house, tenant, values, words):
    answer = house.browser("admin", tenant).send(PATH, form(**values))
    assert answer.status_code == 422
    assert words in answer.text
    assert HUSH not in answer.text
    assert stored(house, tenant) == []


def test_a_secret_is_never_shown_again_and_stays_when_left_empty(house, tenant):
    admin = house.browser("admin", tenant)
    admin.send(PATH, form())
    page = admin.go(PATH).text
    assert HUSH not in page
    assert "never shown" in page
    admin.send(PATH, form(api_key="", greeting="Later"))
    with house.inside(tenant):
        assert setting("garage.api_key") == HUSH
        assert setting("garage.greeting") == "Later"


def test_a_secret_is_taken_away(house, tenant):
    admin = house.browser("admin", tenant)
    assert "clear.api_key" not in admin.go(PATH).text, "there is none to take away"
    admin.send(PATH, form())
    assert "clear.api_key" in admin.go(PATH).text
    admin.send(PATH, form(api_key="", **{"clear.api_key": "1"}))
    with house.inside(tenant):
        assert setting("garage.api_key") is None
    admin.send(PATH, form(api_key="anew", **{"clear.api_key": "1"}))
    with house.inside(tenant):
        assert setting("garage.api_key") == "anew", "what is typed goes before"


def test_secrets_are_sealed_and_no_log_knows_them(house, tenant):
    house.browser("admin", tenant).send(PATH, form())
    with house.inside(tenant) as session:
        row = session.scalars(select(PluginSetting).where(PluginSetting.name == "api_key")).one()
        assert row.value is None
        assert HUSH not in row.sealed
        told = "".join(filter(None, session.scalars(select(AuditEntry.body))))
        assert "greeting" in told
        assert HUSH not in told
        assert row.sealed not in told


def test_a_secret_moved_to_another_row_does_not_open(house, tenant):
    with house.inside(tenant) as session:
        save_settings("garage", {"api_key": HUSH})
        row = session.scalars(select(PluginSetting)).one()
        sealed = row.sealed
        session.delete(row)
        session.flush()
        session.add(PluginSetting(plugin_key="garage", name="api_key", sealed=sealed))
        session.flush()
        with pytest.raises(CannotOpen):
            setting("garage.api_key")
        session.rollback()


FRESH = "k" * 8 + "a fresh key of many characters"


@pytest.fixture
def rotating(app):
    """Changes the keys; afterwards every secret lies under those of before again."""
    before = app.config["TENANTRY"]
    old = before.encryption_keys or (before.derived_key("secrets"),)

    def use(*keys):
        app.config["TENANTRY"] = replace(before, encryption_keys=keys)

    yield use, old
    use(*old, FRESH)
    with app.app_context():
        rotate()
        db.session.remove()
    app.config["TENANTRY"] = before


def test_keys_rotate(app, house, tenant, rotating):
    use, old = rotating
    with house.inside(tenant) as session:
        save_settings("garage", {"api_key": HUSH})
        session.commit()
    use(FRESH, *old)
    with house.inside(tenant):
        assert setting("garage.api_key") == HUSH
    with app.app_context():
        done = rotate()
    assert done.tenants >= 1
    assert not any(one.startswith(tenant.slug) for one in done.unreadable)
    use(FRESH)
    with house.inside(tenant):
        assert setting("garage.api_key") == HUSH


def test_secrets_that_cannot_be_read_stop_no_rotation(app, house, tenant, rotating):
    use, old = rotating
    lost = {"lost0": "", "lost1": "nonsense", "lost2": "s1.00000000.AAAA", "lost3": "s1"}
    with house.inside(tenant) as session:
        session.add_all(PluginSetting(plugin_key="garage", name=name, sealed=text) for name, text in lost.items())
        save_settings("garage", {"api_key": HUSH})
        session.commit()
    use(FRESH, *old)
    with app.app_context():
        assert {f"{tenant.slug}: the setting garage.{name}" for name in lost} <= set(rotate().unreadable)
    use(FRESH)
    with house.inside(tenant) as session:
        assert setting("garage.api_key") == HUSH
        rows = session.scalars(select(PluginSetting).where(PluginSetting.name.startswith("lost"))).all()
        assert {row.name: row.sealed for row in rows} == lost, "they may be read again one day"
        for row in rows:
            session.delete(row)
        session.commit()


def test_only_admins_may(house, tenant):
    manager = house.browser("manager", tenant)
    assert manager.go(PATH).status_code == 403
    assert manager.send(PATH, form()).status_code == 403


def test_a_page_with_settings_keeps_the_budget(house, tenant, statements):
    admin = house.browser("admin", tenant)
    for path in ("/console/plugins/", PATH, "/console/why/"):
        admin.go(path)
        statements.clear()
        assert admin.go(path).status_code == 200
        assert len(statements) <= 8, statements.report()
