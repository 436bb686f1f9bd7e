"""A WebSub hub with a feed of its own: the hub is Flask-WebSub's, whose authors know nothing of this project.

Arguments: the algorithm that the hub signs with. Says its port on one line of JSON; each line of its input is a note that is added to the
feed and published to the subscribers, after which it says how each delivery was answered. Ends when its input ends.

Flask-WebSub hands its tasks to Celery; here they run at once, on threads, which is all that they need of it.
"""

import json
import sys
import tempfile
import threading
from datetime import datetime, timezone
from xml.sax.saxutils import escape

import requests
from flask import Flask, Response
from flask_websub.hub import Hub, SQLite3HubStorage
from werkzeug.serving import make_server

turn = threading.Lock()
notes = []


def say(**what):
    with turn:
        print(json.dumps(what), flush=True)


class Now:
    """What the hub needs of Celery: tasks that run without waiting for them."""

    def task(self, bind=False, **_):
        def made(function):
            class Task:
                def delay(self, *arguments):
                    first = (self,) if bind else ()
                    threading.Thread(target=function, args=first + arguments, daemon=True).start()

                def retry(self, countdown):
                    pass

                class request:
                    retries = 0

            return Task()

        return made




def answered(response, *_, **__):
    if "/in/" in response.url:
        what = "delivered" if response.request.method == "POST" else "asked"
        sent = response.request.headers.get("X-Hub-Signature", "")
        say(what=what, status=response.status_code, signed=sent.split("=")[0])


real = requests.request


def told(method, url, **more):
    more.setdefault("hooks", {"response": answered})
    return real(method, url, **more)


requests.request = told

app = Flask(__name__)
app.config["PUBLISH_SUPPORTED"] = True
folder = tempfile.TemporaryDirectory()
hub = Hub(
    SQLite3HubStorage(folder.name + "/hub.sqlite3"),
    Now(),
    SIGNATURE_ALGORITHM=sys.argv[1],
    REQUEST_TIMEOUT=60,
)
app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))


def feed():
    entries = "".join(
        f"<entry><id>tag:notes.example,2026:{n}</id><title>Note {n}</title><published>{at}</published><updated>{at}</updated>"
        f'<link href="https://notes.example/{n}"/><content type="text">{escape(text)}</content></entry>'
        for n, (at, text) in reversed(list(enumerate(notes)))
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Notes</title>'
        f"<id>{own('/feed.atom')}</id>{entries}</feed>"
    )


@app.get("/feed.atom")
def topic():
    links = f'<{own("/hub")}>; rel="hub", <{own("/feed.atom")}>; rel="self"'
    return Response(feed(), mimetype="application/atom+xml", headers={"Link": links})


server = make_server("127.0.0.1", 0, app, threaded=True)


def own(path):
    return f"http://127.0.0.1:{server.server_port}{path}"


threading.Thread(target=server.serve_forever, daemon=True).start()
say(port=server.server_port)
for line in sys.stdin:
    now = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
    notes.append((now, line.strip()))
    hub.send_change_notification.delay(own("/feed.atom"))
