"""django-python3-ldap, as its manual sets it up, on the benchmarks' directory.

    python -m tests.benchmarks.django_ldap VERB LDAP_URL DATABASE

`VERB` is `migrate` or `ldap_sync_users`; `DATABASE` is JSON, an entry of Django's DATABASES.
"""

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command

from tests.benchmarks.people import PASSWORD, PEOPLE, READER


def reader(_user: object) -> str:
    """Who logs in to the directory: the same account as everybody's."""
    return READER


def main() -> None:
    verb, url, database = sys.argv[1:]
    settings.configure(
        DATABASES={"default": json.loads(database)},
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django_python3_ldap",
        ],
        LDAP_AUTH_URL=[url],
        LDAP_AUTH_SEARCH_BASE=PEOPLE,
        LDAP_AUTH_OBJECT_CLASS="inetOrgPerson",
        LDAP_AUTH_USER_FIELDS={
            "username": "uid",
            "first_name": "givenName",
            "last_name": "sn",
            "email": "mail",
        },
        LDAP_AUTH_FORMAT_USERNAME=f"{__spec__.name}.reader",
        LDAP_AUTH_CONNECTION_USERNAME="reader",
        LDAP_AUTH_CONNECTION_PASSWORD=PASSWORD,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    call_command(verb, verbosity=0)


if __name__ == "__main__":
    main()
