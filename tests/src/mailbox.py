"""A mail server for the suites: `mailbox.py PORT DIRECTORY` keeps each mail that it takes as one file, and says
when it listens.

A recipient whose name begins with `never` is refused for good, with `later` for now, until a file `open` is there. One in
a domain that begins with `slow` waits for the file `open`.
"""

import asyncio
import email
import email.policy
import json
import pathlib
import sys

from aiosmtpd.controller import Controller


def read(content):
    """A mail as a mail program shows it."""
    mail = email.message_from_bytes(content, policy=email.policy.default)
    bodies = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    shown = {kind: body.get_content() if body else "" for kind, body in bodies.items()}
    attached = [
        {"name": part.get_filename(), "kind": part.get_content_type(), "content": part.get_payload(decode=True).hex()}
        for part in mail.iter_attachments()
    ]
    heads = {name: str(mail[name] or "") for name in ("subject", "from", "to", "reply-to", "message-id")}
    return {"heads": heads, "text": shown["plain"], "html": shown["html"], "attached": attached}


class Mailbox:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("never"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later") and not (self.directory / "open").exists():
            return "451 4.3.0 come back later"
        while "@slow" in address and not (self.directory / "open").exists():
            await asyncio.sleep(0.02)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        taken = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode("utf-8", "replace")}
        taken["mail"] = read(envelope.content)
        part = self.directory / f".{self.count}"
        part.write_text(json.dumps(taken))
        part.rename(self.directory / f"{self.count:04}.json")
        return "250 OK"


async def main(port, directory):
    server = Controller(Mailbox(directory), hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    server.start()
    print("listening", flush=True)
    await asyncio.Event().wait()


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
