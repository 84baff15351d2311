"""The archive of a whole tenant: complete, checkable, nobody else's."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

from click.testing import CliRunner

from app.cli.tenant import export
from app.jobs import run_due
from tests.transfer_house import bring


def unpacked(data):
    archive = zipfile.ZipFile(io.BytesIO(data))
    return archive, json.loads(archive.read("manifest.json"))


def check(archive, manifest):
    """Every part is what the manifest says, and nothing else is there."""
    parts = [*manifest["records"], *manifest["files"]]
    assert {part["file"] for part in parts} | {"manifest.json"} == set(archive.namelist())
    for part in parts:
        data = archive.read(part["file"])
        assert hashlib.sha256(data).hexdigest() == part["sha256"]
        assert len(data) == part["bytes"]
        if "rows" in part:
            assert len(data.splitlines()) == part["rows"]


def test_an_owner_takes_everything_out(app, house):
    tenant, other = house.new_tenant(), house.new_tenant()
    bring(app, tenant, "garage.vehicle", b"Plate\nMINE 1\nMINE 2\n")
    bring(app, other, "garage.vehicle", b"Plate\nTHEIRS 1\n")
    owner = house.browser("owner", tenant)
    target = owner.go("/garage/vehicle/")
    assert target.status_code == 200
    there = owner.send("/transfer/exports/archive").headers["Location"]
    run_due(app)
    assert "Download" in owner.get(there).text, owner.get(there).text
    archive, manifest = unpacked(owner.get(there + "/file").get_data())
    check(archive, manifest)
    vehicles = next(part for part in manifest["records"] if part["kind"] == "garage.vehicle")
    rows = [json.loads(line) for line in archive.read(vehicles["file"]).splitlines()]
    assert {row["plate"] for row in rows} == {"MINE 1", "MINE 2"}
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"THEIRS" not in everything
    assert str(other.id).encode() not in everything
    assert b"token_hash" not in everything


def test_only_an_owner_may(house):
    tenant = house.new_tenant()
    for role in ("admin", "manager", "viewer"):
        assert house.browser(role, tenant).go("/transfer/exports/archive").status_code == 403
        assert house.browser(role, tenant).send("/transfer/exports/archive").status_code == 403


def test_the_command_writes_it(app, house, tmp_path, monkeypatch):
    from contextlib import nullcontext

    tenant = house.new_tenant()
    bring(app, tenant, "garage.vehicle", b"Plate\nMINE 1\n")
    monkeypatch.setattr("app.cli.tenant.application", nullcontext)
    file = tmp_path / "all.zip"
    with app.app_context():
        done = CliRunner().invoke(export, [tenant.slug, "--to", str(file)])
    assert done.exit_code == 0, done.output
    check(*unpacked(file.read_bytes()))
    with app.app_context():
        again = CliRunner().invoke(export, [tenant.slug, "--to", str(file)])
    assert "cannot be written" in str(again.exception)
