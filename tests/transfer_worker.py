"""A process that runs one import, to be killed: `python -m tests.transfer_worker IMPORT TENANT ACCOUNT CHUNK`."""

from __future__ import annotations

import json
import os
import sys
from uuid import UUID


def main() -> None:
    from app import create_app
    from app.data import Scope, scope
    from app.host.discovery import Found, discover
    from app.identity.acting import find_acting
    from app.identity.principal import acting_as
    from app.transfer import running
    from config import load_settings
    from tests.transfer_house import Run

    key, tenant, account, chunk = sys.argv[1:]
    running.CHUNK = int(chunk)
    found = [*discover(), Found("garage", "tests.plugins_for_tests.garage.plugin")]
    app = create_app(load_settings(json.loads(os.environ["TRANSFER_SETTINGS"])), found)
    with app.app_context(), scope(Scope(UUID(tenant), UUID(account), "import")):
        person = find_acting(UUID(account), UUID(tenant)).principal
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        with acting_as(person):
            running.run_import(Run(), key)


if __name__ == "__main__":
    main()
