"""What a people file may say: users and groups, each checked on its own as it is read.

Names are checked against all files at once afterwards (`yaml_references`), since a
group may name a user of a later file.
"""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from syncd.core.model import USER_FIELDS, Key, RawValue, Reference, State, UserRecord
from syncd.core.normal import normal
from syncd.located.places import Items, Mistake, Node, Table, Text, mistake, place
from syncd.located.suggest import quoted
from syncd.sources.yaml.fields import Fields, one_line

TOP = ("users", "groups")
TEXTS = tuple(sorted(USER_FIELDS - {"active", "admin"}))
STANDING = ("state", "valid_from", "valid_until")
USER = frozenset({"id", *TEXTS, "admin", *STANDING, "attributes"})
GROUP = frozenset({"id", "display_name", "members", "groups"})
RESERVED = USER_FIELDS | USER | {"key"}
"""What an attribute may not be called: these names have a meaning already."""


class GroupDraft(Struct, frozen=True):
    """A group as written: members and inner groups are still names."""

    key: Key
    display_name: str
    place: str
    members: list[Text]
    elsewhere: list[Reference]
    groups: list[Text]


class Roster:
    """All that the files state, and every mistake in it."""

    def __init__(self, source: str, today: date) -> None:
        self.users: dict[Key, UserRecord] = {}
        self.groups: dict[Key, GroupDraft] = {}
        self.mistakes: list[Mistake] = []
        self._source, self._today = source, today
        self._taken: dict[tuple[str, str], str] = {}

    def top(self, root: Node | None) -> None:
        """The rest of a file, of which users and groups were mostly read as a stream."""
        if root is None or (isinstance(root, Text) and root.absent):
            return
        if not isinstance(root, Table):
            self.mistakes.append(mistake(root, "a people file has users: and groups:"))
            return
        fields = Fields(root, TOP, "a people file", self.mistakes)
        for node in fields.items("users"):
            self.user(node)
        for node in fields.items("groups"):
            self.group(node)

    def user(self, node: Node) -> None:
        fields = self._fields(node, USER, "a user")
        if fields is None:
            return
        key = fields.required("id")
        attributes: dict[str, RawValue] = {
            name: value for name in TEXTS if (value := fields.text(name)) is not None
        }
        admin = fields.truth("admin")
        if admin is not None:
            attributes["admin"] = "true" if admin else "false"
        attributes |= self._attributes(fields)
        state, reason = self._standing(fields)
        if key is None:
            return
        attributes.setdefault("user_name", key)
        for name, what in (("id", key), *((n, attributes.get(n)) for n in ("user_name", "email"))):
            self._take("user", name, what, fields)
        record = UserRecord(Key(key), attributes, state, place(node), reason)
        self.users.setdefault(record.key, record)

    def group(self, node: Node) -> None:
        fields = self._fields(node, GROUP, "a group")
        if fields is None:
            return
        key = fields.required("id")
        display_name = fields.text("display_name") or key
        members: list[Text] = []
        elsewhere: list[Reference] = []
        for member in fields.items("members"):
            if isinstance(member, Table):
                elsewhere += self._elsewhere(member)
            else:
                members += self._name(member, "members")
        self._no_twins(members)
        groups = [name for inner in fields.items("groups") for name in self._name(inner, "groups")]
        self._no_twins(groups)
        if key is None or display_name is None:
            return
        self._take("group", "id", key, fields)
        self._take("group", "display_name", display_name, fields)
        draft = GroupDraft(Key(key), display_name, place(node), members, elsewhere, groups)
        self.groups.setdefault(draft.key, draft)

    def _fields(self, node: Node, known: frozenset[str], what: str) -> Fields | None:
        if isinstance(node, Table):
            return Fields(node, known, what, self.mistakes)
        self.mistakes.append(mistake(node, f"{what} is a mapping, such as {{id: ada}}"))
        return None

    def _attributes(self, fields: Fields) -> Mapping[str, RawValue]:
        table = fields.mapping("attributes")
        found: dict[str, RawValue] = {}
        if table is None:
            return found
        for name, (key, _) in table.entries.items():
            value = table.value(name)
            if name in RESERVED or not name:
                words = f"an attribute cannot be called {quoted(name)}: that name is taken"
                self.mistakes.append(mistake(key, words))
            elif isinstance(value, Text):
                found[name] = value.value
            elif isinstance(value, Items):
                texts = (one_line(item, f"each of {name}", self.mistakes) for item in value.items)
                found[name] = tuple(text for text in texts if text is not None)
            elif value is not None:
                self.mistakes.append(mistake(value, f"{quoted(name)} is text or a list of text"))
        return found

    def _standing(self, fields: Fields) -> tuple[State | None, str]:
        state = fields.choice("state", (State.ACTIVE, State.SUSPENDED))
        first, last = fields.day("valid_from"), fields.day("valid_until")
        if first and last and first > last:
            words = f"valid_until {last} is before valid_from {first}"
            self.mistakes.append(mistake(fields.table.entries["valid_until"][1], words))
        if last and self._today > last:
            return State.LEFT, f"valid_until {last} has passed"
        if first and self._today < first:
            return State.LEFT, f"valid_from {first} is not reached"
        return (None if state is None else State(state)), ""

    def _take(self, what: str, name: str, value: RawValue | None, fields: Fields) -> None:
        """Names that only one user, or one group, may have; ids with case, the rest without."""
        if not isinstance(value, str):
            return
        unique = (f"{what} {name}", value if name == "id" else normal(value, caseless=True))
        node: Node = fields.table.entries[name][1] if name in fields.table.entries else fields.table
        first = self._taken.get(unique)
        if first is None:
            self._taken[unique] = place(fields.table)
        else:
            words = f"the {name} {quoted(value)} belongs already to the {what} at {first}"
            self.mistakes.append(mistake(node, words))

    def _name(self, node: Node, where: str) -> list[Text]:
        value = one_line(node, f"each of {where}", self.mistakes)
        if value is None and isinstance(node, Text) and not node.value:
            self.mistakes.append(mistake(node, f"each of {where} is an id, not empty"))
        return [node] if value is not None and isinstance(node, Text) else []

    def _no_twins(self, names: list[Text]) -> None:
        seen: dict[str, Text] = {}
        for name in names:
            first = seen.setdefault(name.value, name)
            if first is not name:
                words = f"{quoted(name.value)} stands in this list twice, first at {place(first)}"
                self.mistakes.append(mistake(name, words))

    def _elsewhere(self, table: Table) -> list[Reference]:
        others = [name for name in table.entries if name != "source"]
        fields = Fields(table, table.entries, "a member of another source", self.mistakes)
        source = fields.required("source")
        if len(others) != 1:
            words = "a member of another source is {source: NAME, ATTRIBUTE: value}"
            self.mistakes.append(mistake(table, words))
            return []
        value = fields.required(others[0])
        if source == self._source:
            words = f"{quoted(source)} is this source; name the user by its id alone"
            self.mistakes.append(mistake(table, words))
        if source is None or value is None:
            return []
        return [Reference(source, others[0], value, place(table))]
