"""Runs django-scim2 with its own adapters, on SQLite. `POST /reset` forgets all people and groups.

python django_server.py PORT TOKEN FILE
"""

import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from waitress import serve


def configure(port, token, file):
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": file}
    settings.configure(
        TOKEN=token,
        SECRET_KEY="made up",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="people.urls",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        AUTH_USER_MODEL="people.Person",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "people"],
        MIDDLEWARE=["people.door.Door", "django_scim.middleware.SCIMAuthCheckMiddleware"],
        DATABASES={
            "default": {**database, "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}
        },
        SCIM_SERVICE_PROVIDER={
            "SCHEME": "http",
            "NETLOC": f"127.0.0.1:{port}",
            "GROUP_MODEL": "people.models.Team",
            "AUTHENTICATION_SCHEMES": [{"type": "oauthbearertoken", "name": "Bearer"}],
        },
    )


def main(port, token, file):
    configure(port, token, file)
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    serve(get_wsgi_application(), host="127.0.0.1", port=port, threads=8, _quiet=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
