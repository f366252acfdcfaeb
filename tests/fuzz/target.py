"""What atheris tries to break: any octets, in any pieces, through the wire reader.

python -m tests.fuzz.target -runs=20000 [FOLDER WITH ANSWERS TO BEGIN WITH]
"""

import sys

import atheris

with atheris.instrument_imports(include=["syncd.sources.ldap"]):
    from syncd.sources.ldap.entries import opened
    from tests.fuzz.line import number_of, pieces_of, search

from tests.fuzz.reference import entries_of


def try_octets(octets: bytes) -> None:
    """Raises where the reader breaks a promise: see test_wire.py."""
    size, answer = 1 + (octets[0] if octets else 0), octets[1:]
    number = number_of(answer) if b"\x02\x01" in answer[:-2] else 2
    entries, found = search(pieces_of(answer, [size]), number)
    told = []
    for entry in entries:
        try:
            raw = opened(entry)
        except ValueError:
            return
        told.append((raw.dn, raw.attributes))
    if not found.failure and told != entries_of(answer, number):
        raise AssertionError(f"{told!r} from {answer!r}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, try_octets)
    atheris.Fuzz()
