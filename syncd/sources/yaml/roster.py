"""All that the files of one source state, and every mistake in it.

Names are checked against all files at once afterwards (`references`), since a
group may name a user of a later file.
"""

from datetime import date

from msgspec import Struct

from syncd.core.model import Key, Reference
from syncd.located.places import Mistake, Node, Table, Text, mistake, place
from syncd.located.suggest import quoted
from syncd.sources.yaml.fields import Fields, fields_of, one_line
from syncd.sources.yaml.names import Names
from syncd.sources.yaml.schema import GROUP, TOP
from syncd.sources.yaml.users import Users


class GroupDraft(Struct, frozen=True):
    """A group as written: members and inner groups are still names."""

    key: Key
    display_name: str
    place: str
    members: list[Text]
    elsewhere: list[Reference]
    groups: list[Text]


class Roster:
    def __init__(self, source: str, today: date) -> None:
        self.mistakes: list[Mistake] = []
        self.users = Users(today, self.mistakes)
        self.groups: dict[Key, GroupDraft] = {}
        self._source = source
        self._names = Names("group", self.mistakes)

    def top(self, root: Node | None) -> None:
        """The rest of a file, of which users and groups were mostly read as a stream."""
        if root is None or (isinstance(root, Text) and root.absent):
            return
        if not isinstance(root, Table):
            self.mistakes.append(mistake(root, "a people file has users: and groups:"))
            return
        fields = Fields(root, TOP, "a people file", self.mistakes)
        for node in fields.items("users"):
            self.users.take(node)
        for node in fields.items("groups"):
            self.group(node)

    def group(self, node: Node) -> None:
        fields = fields_of(node, GROUP, "a group", self.mistakes)
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
        where = place(node)
        self._names.take("id", key, fields.table, where)
        self._names.take("display_name", display_name, fields.table, where)
        draft = GroupDraft(Key(key), display_name, where, members, elsewhere, groups)
        self.groups.setdefault(draft.key, draft)

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
        fields = Fields(table, table.entries.keys(), "a member of another source", self.mistakes)
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
