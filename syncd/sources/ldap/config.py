"""What an LDAP source's configuration may say; checked whole before a socket is opened."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from ldap3.core.exceptions import LDAPException
from ldap3.operation.search import parse_filter
from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, model_validator

from syncd.core.dn import normal_dn
from syncd.sources.ldap.server_config import BindConfig, Part, Server


def _dn(text: str) -> str:
    normal_dn(text)
    return text


def _filter(text: str) -> str:
    try:
        parse_filter(  # type: ignore[no-untyped-call]  # types-ldap3 has no types for it
            text, None, auto_escape=True, auto_encode=False, validator=None, check_names=False
        )
    except LDAPException as exc:
        raise ValueError(
            f"{text!r} is no LDAP filter: {exc} (RFC 4515 writes it in parentheses)"
        ) from None
    return text


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Dn = Annotated[str, AfterValidator(_dn)]
Filter = Annotated[str, AfterValidator(_filter)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names, json_schema_input_type=str | list[str])]
Scope = Literal["subtree", "one_level", "base"]
Preset = Literal["openldap", "active_directory", "389ds", "freeipa"]
ReadyRule = Literal[
    "userAccountControl",
    "accountExpires",
    "nsAccountLock",
    "pwdAccountLockedTime",
    "shadowExpire",
    "krbPrincipalExpiration",
]


class DisabledRule(Part):
    """One way in which an entry shows that its account is disabled."""

    attribute: str | None = Field(default=None, description="The LDAP attribute that shows it")
    equals: str | None = Field(
        default=None, description="Disabled where a value is this, case aside"
    )
    bit: PositiveInt | None = Field(
        default=None, description="Disabled where this bit is set in the number"
    )
    expires: Literal["days", "filetime", "generalized_time"] | None = Field(
        default=None,
        description="Disabled from then on: days since 1970, 100 ns since 1601, YYYYmmddHHMMSSZ",
    )
    filter: Filter | None = Field(
        default=None, description="Disabled where this LDAP filter matches; instead of attribute"
    )

    @model_validator(mode="after")
    def _is_one_rule(self) -> Self:
        tests = (self.equals, self.bit, self.expires)
        given = sum(test is not None for test in tests)
        if (self.attribute is None) == (self.filter is None):
            raise ValueError("a rule has either attribute or filter")
        if given > (0 if self.attribute is None else 1):
            raise ValueError("a rule with attribute has at most one of equals, bit and expires")
        return self


class MemberRule(Part):
    """One attribute of a group that names members."""

    attribute: str = Field(description="The LDAP attribute of the group")
    kind: Literal["dn", "uid"] = Field(
        default="dn", description="Its values are DNs, or values of the attribute `matches`"
    )
    matches: str = Field(
        default="uid", description="For kind uid: the users' LDAP attribute that the values are of"
    )


class Entries(Part):
    bases: tuple[Dn, ...] = Field(min_length=1, description="DNs under which they are searched")
    scope: Scope = Field(
        default="subtree", description="All below a base, its children only, or the base itself"
    )
    filter: Filter | None = Field(
        default=None, description="Which entries they are (RFC 4515); default: the preset's"
    )
    key: str | None = Field(
        default=None, description="The LDAP attribute that never changes; default: the preset's"
    )
    attributes: Mapping[str, Names | None] = Field(
        default={},
        description="Our name -> LDAP attribute, or several: the first present counts; or null",
    )


class UsersConfig(Entries):
    """Where the people are."""

    disabled: tuple[ReadyRule | DisabledRule, ...] | None = Field(
        default=None,
        description="How disabled shows; any rule suffices; [] for none; default: the preset's",
    )
    member_of: str | None = Field(
        default=None,
        description="LDAP attribute with the DNs of a user's groups, used besides the groups' own",
    )


class GroupsConfig(Entries):
    """Where the groups are."""

    members: tuple[MemberRule, ...] | None = Field(
        default=None, description="How members show; default: the preset's"
    )


class Expectation(Part):
    """What a directory in good health has at least."""

    min_users: int = Field(
        default=0, ge=0, description="Fewer users than this make the reading incomplete"
    )
    min_groups: int = Field(
        default=0, ge=0, description="Fewer groups than this make the reading incomplete"
    )


class LdapConfig(Part):
    """A directory as a source of people and groups."""

    type: Literal["ldap"] = "ldap"
    preset: Preset = Field(description="Settings that fit the product; each can be overridden")
    servers: tuple[Server, ...] = Field(min_length=1, description="Tried in this order")
    ca_file: Path | None = Field(
        default=None, description="PEM file of trusted CAs for all servers"
    )
    bind: BindConfig = Field(description="Who syncd is to the directory")
    connect_timeout: PositiveInt = Field(default=10, description="Seconds to wait for a connection")
    read_timeout: PositiveInt = Field(
        default=60, description="Seconds without a sign of life before giving up"
    )
    page_size: int = Field(
        default=1000, ge=0, description="Entries a page; 0 asks for all in one answer"
    )
    reader: Literal["wire", "ldap3"] = Field(
        default="wire",
        description="What takes the server's answers apart: syncd itself, or the library ldap3",
    )
    users: UsersConfig
    groups: GroupsConfig | None = Field(
        default=None, description="Leave out where groups come from elsewhere"
    )
    sentinels: tuple[str, ...] = Field(
        default=(),
        description="DNs or user names that must be seen, or else the reading is incomplete",
    )
    expect: Expectation = Expectation()
    referrals_without_people: tuple[Dn, ...] | None = Field(
        default=None,
        description="A referral to a DN that begins so leaves nobody out; default: the preset's",
    )

    @model_validator(mode="after")
    def _keeps_secrets(self) -> Self:
        for server in self.servers:
            if self.bind.method == "simple" and server.overheard and not server.allow_cleartext:
                raise ValueError(
                    f"{server.url!r} would carry the password unencrypted: "
                    "use ldaps:// or start_tls: true, or say allow_cleartext: true"
                )
            certified = self.bind.certificate_file is not None and server.encrypted
            if self.bind.method == "external" and not (certified or server.parts.scheme == "ldapi"):
                raise ValueError(
                    f"method external over {server.url!r} needs certificate_file and TLS"
                )
        return self
