"""Reading a directory's people by ldap3's own generator of pages, `paged_search`.

python -m tests.benchmarks.ldap3_reading URL READER PASSWORD BASE FILTER ATTRIBUTE...
"""

import sys
from time import perf_counter

import ldap3

from tests.benchmarks.telling import tell


def main() -> int:
    _, url, reader, password, base, wanted, *attributes = sys.argv
    began = perf_counter()
    server = ldap3.Server(url, get_info=ldap3.NONE)
    with ldap3.Connection(server, reader, password, check_names=False) as connection:
        found = connection.extend.standard.paged_search(
            base, wanted, attributes=attributes, paged_size=1000, generator=True
        )
        people = sum(1 for each in found if each["attributes"])
    tell("reading", perf_counter() - began, "s")
    tell("people", people, "people")
    return 0 if people else 1


if __name__ == "__main__":
    sys.exit(main())
