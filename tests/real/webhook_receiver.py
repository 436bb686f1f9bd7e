"""Receives webhooks and verifies them with the library that Standard Webhooks publishes.

Says its port on one line; then one line of JSON for each request: its id, its attempt, and whether the library accepts it. The first
request is refused with 503, as a receiver does that is being restarted. Ends when its input ends.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SECRET = sys.argv[1]
seen = 0
turn = threading.Lock()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        global seen
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            Webhook(SECRET).verify(body, headers)
            problem = None
        except WebhookVerificationError as error:
            problem = str(error)
        with turn:
            seen += 1
            attempt = seen
            status = 503 if attempt == 1 else 204
            print(
                json.dumps(
                    {
                        "attempt": attempt,
                        "id": headers.get("webhook-id"),
                        "timestamp": headers.get("webhook-timestamp"),
                        "verified": problem is None,
                        "problem": problem,
                        "forged": forged(body, headers),
                        "body": json.loads(body),
                        "answered": status,
                    }
                ),
                flush=True,
            )
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def forged(body, headers):
    """Whether the library takes the same signature for another body: it must not."""
    try:
        Webhook(SECRET).verify(body.replace(b"{", b'{"more":1,', 1), headers)
        return True
    except WebhookVerificationError:
        return False


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(json.dumps({"port": server.server_port}), flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
