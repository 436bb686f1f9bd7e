"""Reads a maildir with Python's own mail parser, and prints each mail as one line of JSON."""

import email.policy
import json
import pathlib
import sys

for path in sorted(pathlib.Path(sys.argv[1], "new").glob("*")):
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    print(
        json.dumps(
            {
                "subject": mail["subject"],
                "from": mail["from"],
                "to": mail["to"],
                "id": mail["message-id"],
                "auto": mail["auto-submitted"],
                "envelope": [mail["x-mailfrom"], mail["x-rcptto"]],
                "kind": mail.get_content_type(),
                "parts": {p.get_content_type(): p.get_content() for p in mail.iter_parts()},
                "defects": [str(d) for p in mail.walk() for d in p.defects],
            }
        )
    )
