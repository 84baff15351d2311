"""`python -m tests.run_jobs worker|dispatcher|scheduler|jobs|web`: commands with the plugins of the tests installed."""

from __future__ import annotations

import sys

from app.cli import main
from app.host import discovery
from app.jobs import keeper

GARAGE = discovery.Found("garage", "tests.plugins_for_tests.garage.plugin")
_installed = discovery.discover


def with_garage() -> list[discovery.Found]:
    """Everything that is installed, and the garage."""
    return [*_installed(), GARAGE]


if __name__ == "__main__":
    discovery.discover = with_garage
    keeper.LAST_GRACE = 1.0  # tests have less patience
    main(sys.argv[1:])
