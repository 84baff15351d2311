"""An IMAP server on this machine: the part of RFC 3501 that a client of ours needs, and ways to be difficult."""

from __future__ import annotations

import re
import socketserver
import threading
from datetime import UTC, datetime
from email.utils import format_datetime

_LITERAL = re.compile(rb"\{(\d+)\+?\}$")


class Folder:
    def __init__(self, name, flags=()):
        self.name, self.flags = name, flags
        self.validity, self.next_uid = 1, 1
        self.mails = {}

    def put(self, raw, at=None):
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.mails[uid] = (raw, at or datetime.now(UTC))
        return uid

    def begin_anew(self):
        """As after a restore: the same mails under other numbers."""
        mails = list(self.mails.values())
        self.validity, self.next_uid, self.mails = self.validity + 1, 1, {}
        for raw, at in mails:
            self.put(raw, at)


class ImapHouse:
    """`silent_on` names commands that get no answer, `broken_uids` mails whose fetching ends the connection."""

    def __init__(self, password="right horse"):
        self.password = password
        self.folders = {one.name: one for one in (Folder("INBOX"), Folder("Sent", (r"\Sent",)), Folder("Old things"))}
        self.logins, self.commands = [], []
        self.silent_on, self.broken_uids, self.huge_literal = set(), set(), False
        self.released = threading.Event()
        house = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                Conversation(house, self.rfile, self.wfile).run()

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=True)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def inbox(self):
        return self.folders["INBOX"]

    @property
    def sent(self):
        return self.folders["Sent"]

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


class Conversation:
    def __init__(self, house, reader, writer):
        self.house, self.reader, self.writer = house, reader, writer
        self.open = None

    def say(self, *lines):
        for line in lines:
            self.writer.write(line if isinstance(line, bytes) else line.encode() + b"\r\n")
        self.writer.flush()

    def run(self):
        try:
            self.say("* OK [CAPABILITY IMAP4rev1] ready")
            while (command := self.read()) is not None and self.answer(*command):
                pass
        except (OSError, ValueError):
            return

    def read(self):
        """(tag, command, arguments); literals are taken in their places."""
        line, literals = self.reader.readline(), []
        if not line:
            return None
        line = line.rstrip(b"\r\n")
        while found := _LITERAL.search(line):
            self.say("+ go on")
            literals.append(self.reader.read(int(found.group(1))))
            line = line[: found.start()] + b"\0" + self.reader.readline().rstrip(b"\r\n")
        tag, _blank, rest = line.decode("utf-8", "replace").partition(" ")
        name, _blank, rest = rest.partition(" ")
        if name.upper() == "UID":
            inner, _blank, rest = rest.partition(" ")
            name = f"UID {inner}"
        return tag, name.upper(), rest, literals

    def answer(self, tag, name, rest, literals):
        self.house.commands.append(f"{name} {rest}")
        if name in self.house.silent_on:
            self.house.released.wait(60)
            return False
        method = getattr(self, "do_" + name.lower().replace(" ", "_"), None)
        if method is None:
            self.say(f"{tag} BAD what is that")
            return True
        said = method(rest, literals)
        self.say(f"{tag} {said or 'OK done'}")
        return name != "LOGOUT"

    def do_capability(self, rest, literals):
        self.say("* CAPABILITY IMAP4rev1")

    def do_noop(self, rest, literals):
        return None

    def do_login(self, rest, literals):
        words = [one or two for one, two in re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', rest)]
        self.house.logins.append(tuple(words))
        return None if words[1] == self.house.password else "NO [AUTHENTICATIONFAILED] wrong name or password"

    def do_list(self, rest, literals):
        for folder in self.house.folders.values():
            self.say(f'* LIST ({" ".join(folder.flags)}) "/" "{folder.name}"')

    def do_examine(self, rest, literals):
        folder = self.house.folders.get(rest.strip('"'))
        if folder is None:
            return "NO there is none"
        self.open = folder
        self.say(
            f"* {len(folder.mails)} EXISTS", r"* FLAGS (\Seen)", f"* OK [UIDVALIDITY {folder.validity}] ok",
            f"* OK [UIDNEXT {folder.next_uid}] ok",
        )  # fmt: skip
        return "OK [READ-ONLY] done"

    do_select = do_examine

    def do_uid_search(self, rest, literals):
        found = set(self.open.mails)
        for low, high in re.findall(r"UID (\d+|\*):?(\d+|\*)?", rest):
            last = max(self.open.mails, default=0)
            first = last if low == "*" else int(low)
            end = last if high in ("*", "") else int(high)
            found &= set(range(min(first, end), max(first, end) + 1))
        if since := re.search(r"SINCE \"?(\d+-\w+-\d+)", rest):
            day = datetime.strptime(since.group(1), "%d-%b-%Y").replace(tzinfo=UTC).date()
            found = {uid for uid in found if self.open.mails[uid][1].date() >= day}
        if "HEADER" in rest.upper():
            wanted = (literals[-1].decode() if literals else re.findall(r'"([^"]*)"|(\S+)', rest)[-1]) or ""
            wanted = wanted if isinstance(wanted, str) else (wanted[0] or wanted[1])
            found = {uid for uid in found if wanted.encode() in self.open.mails[uid][0]}
        self.say("* SEARCH " + " ".join(str(one) for one in sorted(found)))

    def do_uid_fetch(self, rest, literals):
        numbers, _blank, wanted = rest.partition(" ")
        for number, uid in enumerate(sorted(self.open.mails), 1):
            if not any(_holds(part, uid) for part in numbers.split(",")):
                continue
            if uid in self.house.broken_uids and "BODY.PEEK[]" in wanted:
                raise OSError("the connection ends")
            raw, at = self.open.mails[uid]
            whole = "BODY.PEEK[]" in wanted
            content = raw if whole else _head_of(raw)
            part = "BODY[]" if whole else re.search(r"BODY\.PEEK(\[HEADER[^]]*\])", wanted).group(1)
            part = part if whole else f"BODY{part}"
            size = 10**10 if self.house.huge_literal else len(content)
            day = at.strftime("%d-%b-%Y %H:%M:%S +0000")
            self.say(f'* {number} FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE "{day}" {part} {{{size}}}')
            self.say(content + b")\r\n")

    def do_append(self, rest, literals):
        name = re.match(r'"?([^"(]+?)"?( \(|\0| |$)', rest).group(1)
        self.house.folders[name].put(literals[-1])

    def do_logout(self, rest, literals):
        self.say("* BYE")


def _holds(part, uid):
    low, _colon, high = part.partition(":")
    return int(low) <= uid <= int(high or low)


def _head_of(raw):
    return re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0] + b"\r\n\r\n"


def mail_of(sender, to, subject="Hello", text="Good day", message_id=None, at=None, **headers):
    """The bytes of a mail; further headers by name, with _ for -."""
    lines = {
        "From": sender, "To": to, "Subject": subject, "Date": format_datetime(at or datetime.now(UTC)),
        "Message-ID": message_id or f"<{abs(hash((sender, to, subject, text)))}@elsewhere.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }  # fmt: skip
    if not any(name.lower() == "content-type" for name in lines):
        lines["Content-Type"] = "text/plain; charset=utf-8"
    head = "\r\n".join(f"{name}: {value}" for name, value in lines.items())
    return f"{head}\r\n\r\n{text}\r\n".encode()
