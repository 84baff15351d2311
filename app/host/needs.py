"""What a plugin can do beyond its own records: shown when it is installed, accepted by the operator, kept by the SDK.

    plugin = Plugin("garage", title=_l("Garage"), needs=Needs(hosts=("api.parts.example",), secrets=True))

This is an agreement and no sandbox: a plugin is Python in our process, and could open a socket of its own. What it
keeps is that nothing of the SDK does what the operator has not read and accepted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

_HOST = re.compile(r"(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)+)")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,40}(\.[a-z][a-z0-9_]{0,40})?|\*")
_LONGEST = 190


@dataclass(frozen=True, slots=True)
class Needs:
    """`hosts` are those that `call_host` may reach (`*.example.com` for all below one, `*` for any that a tenant types
    in); `secrets` allows secret settings; `files` allows `attach_file`, `files_of` and `open_file`; `records` names
    other plugins, or kinds of their records, whose events, rows and files it touches, or which it extends (`crm`,
    `crm.lead`). Plugins in `requires` are named anyway.
    """

    hosts: tuple[str, ...] = ()
    secrets: bool = False
    files: bool = False
    records: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Each need as it is stored when it is accepted: `host api.parts.example`."""
        return tuple(self._words())

    def _words(self) -> Iterator[str]:
        yield from (f"host {one}" for one in self.hosts)
        yield from ("secrets",) if self.secrets else ()
        yield from ("files",) if self.files else ()
        yield from (f"records {one}" for one in self.records)

    def reaches(self, host: str) -> bool:
        """Whether a host is among those declared."""
        return any(fnmatchcase(host.lower().rstrip("."), pattern) for pattern in self.hosts)

    def reads(self, plugin: str, kind: str = "") -> bool:
        """Whether records of another plugin, or of one kind, are among those declared."""
        return plugin in self.records or kind in self.records

    def flaw(self) -> str:
        """What is wrong with the declaration; empty when nothing is."""
        for name, given in (("hosts", self.hosts), ("records", self.records)):
            if isinstance(given, str):  # its letters would be read as names, and matched by whatever is part of it
                return f"write needs=Needs({name}=({given!r},)), with the comma."
        for one in self.hosts:
            if len(one) > _LONGEST or not _HOST.fullmatch(one):
                return f"“{one}” is no host name: api.example.com, *.example.com or *."
        bad = [one for one in self.records if not _KIND.fullmatch(one)]
        return f"needs=Needs(records=...): “{bad[0]}” is no plugin or kind of record: crm, crm.lead." if bad else ""


NO_NEEDS = Needs()
