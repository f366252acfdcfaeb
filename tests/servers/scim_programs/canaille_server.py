"""Runs canaille with its SCIM server, on its own memory. `POST /reset` forgets all people and groups.

python canaille_server.py PORT TOKEN
"""

import datetime as dt
import sys

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from werkzeug.serving import WSGIRequestHandler, run_simple


class Kept(WSGIRequestHandler):
    """Keeps connections, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def settings(port, file):
    return {
        "SECRET_KEY": "made up",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "CANAILLE": {"DATABASE": "sql", "LOGGING": {"version": 1}},
        "CANAILLE_SQL": {"DATABASE_URI": f"sqlite:///{file}"},
        "CANAILLE_OIDC": {"ENABLE_OIDC": True},
        "CANAILLE_SCIM": {"ENABLE_SERVER": True},
    }


def let_in(token):
    """A client of canaille's that may do everything, for ten years."""
    now = dt.datetime.now(dt.UTC)
    backend = Backend.instance
    client = models.Client(client_id="syncd", client_name="syncd", client_secret="made up")
    backend.save(client)
    lives = 315_000_000
    granted = models.Token(
        token_id="syncd",
        access_token=token,
        client=client,
        issue_date=now,
        lifetime=lives,
        scope=["openid"],
    )
    backend.save(granted)


class Emptied:
    """The application, which forgets everybody where it is asked to reset."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/reset":
            return self.app(environ, start_response)
        with self.app.app_context():
            for kind in (models.Group, models.User):
                for one in Backend.instance.query(kind):
                    Backend.instance.delete(one)
        start_response("204 No Content", [])
        return []


def main(port, token, file):
    app = create_app(settings(port, file))
    with app.app_context():
        let_in(token)
    run_simple("127.0.0.1", port, Emptied(app), threaded=True, request_handler=Kept)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
