"""Who is in the benchmarks' directories, and where: made up, and the same at every run.

It imports next to nothing, for it is in many a process whose memory is measured.
"""

from hashlib import blake2b

_GIVEN = (
    *("Ada", "Alan", "Amélie", "Barbara", "Chloé", "Claude", "Dana", "Donald", "Edsger", "Emmy"),
    *("Frances", "Grace", "Günther", "Hedy", "Ivan", "Jean", "John", "Katherine", "Ken", "Lise"),
    *("Margaret", "Marie", "Mary", "Niklaus", "Noam", "Oskar", "Peter", "Radia", "Rózsa", "Shafi"),
    *("Sofía", "Tim", "Tony", "Ursula", "Vint", "Whitfield", "Xavier", "Yvonne", "Zoë"),
)
_FAMILY = (
    *("Allen", "Backus", "Bartik", "Berners-Lee", "Böhm", "Carré", "Cerf", "Church", "Clarke"),
    *("Curie", "Diffie", "Dijkstra", "Goldwasser", "Hamilton", "Hoare", "Hopper", "Johnson"),
    *("Kay", "Keller", "Knuth", "Lamarr", "Liskov", "Lovelace", "Łukasiewicz", "McCarthy"),
    *("Meitner", "Muñoz", "Naur", "Noether", "Perlman", "Péter", "Ritchie", "Sutherland"),
    *("Thompson", "Turing", "Wilkes", "Wirth"),
)
_TITLES = ("Accountant", "Analyst", "Engineer", "Head of Unit", "Librarian", "Nurse", "Surgeon")
_LANGUAGES = ("de", "en", "es", "fr", "pl")

MOST_GROUPS = 2000

BASE = "dc=example,dc=test"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
READER, PASSWORD = f"cn=syncd,{BASE}", "reader"
ADMIN = f"cn=admin,{BASE}"


def login(number: int) -> str:
    return f"u{number:07}"


def person_dn(number: int) -> str:
    return f"uid={login(number)},{PEOPLE}"


def group_dn(number: int) -> str:
    return f"cn=group {number},{GROUPS}"


def person(number: int) -> dict[str, str]:
    """Ten attributes, by their LDAP names (RFC 2798)."""
    given = _GIVEN[number % len(_GIVEN)]
    family = _FAMILY[number // len(_GIVEN) % len(_FAMILY)]
    return {
        "uid": login(number),
        "mail": f"{login(number)}@example.test",
        "givenName": given,
        "sn": family,
        "cn": f"{given} {family}",
        "displayName": f"{given} {family} ({number})",
        "title": _TITLES[number % len(_TITLES)],
        "telephoneNumber": f"+44 20 {number:08}",
        "preferredLanguage": _LANGUAGES[number % len(_LANGUAGES)],
        "employeeNumber": str(100_000_000 + number),
    }


def key(number: int) -> str:
    """A UUID that tells nothing of the order in which people came, as real ones do not."""
    text = blake2b(str(number).encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def group_count(people: int) -> int:
    """2,000, or fewer where there are few people: a group has at least five."""
    return min(MOST_GROUPS, people // 5)


def groups_of(number: int, groups: int) -> set[int]:
    """One group, and for every third person another one."""
    found = {number % groups}
    return found if number % 3 else found | {(number // 3 * 7 + 1) % groups}


def members(people: int) -> list[list[int]]:
    """Group by group, who is in it."""
    groups = group_count(people)
    found: list[list[int]] = [[] for _ in range(groups)]
    for number in range(people):
        for group in groups_of(number, groups):
            found[group].append(number)
    return found
