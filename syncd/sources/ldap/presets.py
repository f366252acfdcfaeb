"""Ready-made settings for the directory products, and how the configuration overrides them."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from syncd.sources.ldap.config import DisabledRule, LdapConfig, MemberRule, Preset

Attributes = Mapping[str, tuple[str, ...]]
"""Our name -> LDAP attributes, of which the first present counts."""


class UserRules(Struct, frozen=True):
    """How a person's entry is read."""

    filter: str
    key: str
    attributes: Attributes
    disabled: tuple[DisabledRule, ...]
    member_of: str | None = None


class GroupRules(Struct, frozen=True):
    """How a group's entry is read."""

    filter: str
    key: str
    attributes: Attributes
    members: tuple[MemberRule, ...]


class Product(Struct, frozen=True):
    """One directory product's settings."""

    users: UserRules
    groups: GroupRules
    referrals_without_people: tuple[str, ...] = ()


READY_RULES = {
    # [MS-ADTS] 2.2.16: ADS_UF_ACCOUNTDISABLE
    "userAccountControl": DisabledRule(attribute="userAccountControl", bit=2),
    "accountExpires": DisabledRule(attribute="accountExpires", expires="filetime"),
    "nsAccountLock": DisabledRule(attribute="nsAccountLock", equals="true"),
    # draft-behera-ldap-password-policy-11, 5.3.3: this one value is an administrator's lock;
    # any other is a time-out after wrong passwords, which ends by itself and disables nobody
    "pwdAccountLockedTime": DisabledRule(attribute="pwdAccountLockedTime", equals="000001010000Z"),
    "shadowExpire": DisabledRule(attribute="shadowExpire", expires="days"),
    "krbPrincipalExpiration": DisabledRule(
        attribute="krbPrincipalExpiration", expires="generalized_time"
    ),
}

_PERSON = {
    "user_name": ("uid",),
    "email": ("mail",),
    "given_name": ("givenName",),
    "family_name": ("sn",),
    "display_name": ("displayName", "cn"),
    "title": ("title",),
    "phone": ("telephoneNumber",),
    "locale": ("preferredLanguage",),
}
_NAMED = {"display_name": ("cn",)}
_GROUP_CLASSES = (
    "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"
)
_GROUP_MEMBERS = (
    MemberRule(attribute="member"),
    MemberRule(attribute="uniqueMember"),
    MemberRule(attribute="memberUid", kind="uid"),
)

PRODUCTS: dict[Preset, Product] = {
    "openldap": Product(
        users=UserRules(
            filter="(objectClass=inetOrgPerson)",
            key="entryUUID",
            attributes=_PERSON,
            disabled=(READY_RULES["pwdAccountLockedTime"], READY_RULES["shadowExpire"]),
        ),
        groups=GroupRules(
            filter=_GROUP_CLASSES, key="entryUUID", attributes=_NAMED, members=_GROUP_MEMBERS
        ),
    ),
    "active_directory": Product(
        users=UserRules(
            # sAMAccountType 0x30000000 is SAM_NORMAL_USER_ACCOUNT: no computers, no trusts
            filter="(&(objectCategory=person)(objectClass=user)(sAMAccountType=805306368))",
            key="objectGUID",
            attributes=_PERSON | {"user_name": ("sAMAccountName",)},
            disabled=(READY_RULES["userAccountControl"], READY_RULES["accountExpires"]),
        ),
        # "Domain Users", and whatever else is somebody's primary group, does not list those people
        # as members ([MS-ADA3] 2.120): a sync that needs them takes another group
        groups=GroupRules(
            filter="(objectClass=group)",
            key="objectGUID",
            attributes=_NAMED,
            members=(MemberRule(attribute="member"),),
        ),
        # a search of the domain's root is always answered with these three besides
        referrals_without_people=("CN=Configuration", "DC=ForestDnsZones", "DC=DomainDnsZones"),
    ),
    "389ds": Product(
        users=UserRules(
            filter="(objectClass=inetOrgPerson)",
            key="nsUniqueId",
            attributes=_PERSON,
            disabled=(READY_RULES["nsAccountLock"],),
        ),
        groups=GroupRules(
            filter=_GROUP_CLASSES, key="nsUniqueId", attributes=_NAMED, members=_GROUP_MEMBERS
        ),
    ),
    "freeipa": Product(
        users=UserRules(
            filter="(&(objectClass=posixAccount)(objectClass=person))",
            key="ipaUniqueID",
            attributes=_PERSON,
            disabled=(READY_RULES["nsAccountLock"], READY_RULES["krbPrincipalExpiration"]),
        ),
        groups=GroupRules(
            filter="(objectClass=ipaUserGroup)",
            key="ipaUniqueID",
            attributes=_NAMED,
            members=(MemberRule(attribute="member"),),
        ),
    ),
}


def user_rules(config: LdapConfig) -> UserRules:
    """The preset's, with what the configuration says instead."""
    given, preset = config.users, PRODUCTS[config.preset].users
    disabled = preset.disabled
    if given.disabled is not None:
        disabled = tuple(
            READY_RULES[rule] if isinstance(rule, str) else rule for rule in given.disabled
        )
    return UserRules(
        filter=given.filter or preset.filter,
        key=given.key or preset.key,
        attributes=_overridden(preset.attributes, given.attributes),
        disabled=disabled,
        member_of=given.member_of,
    )


def group_rules(config: LdapConfig) -> GroupRules:
    """The preset's, with what the configuration says instead."""
    given, preset = config.groups, PRODUCTS[config.preset].groups
    if given is None:
        return preset
    return GroupRules(
        filter=given.filter or preset.filter,
        key=given.key or preset.key,
        attributes=_overridden(preset.attributes, given.attributes),
        members=preset.members if given.members is None else given.members,
    )


def harmless_referrals(config: LdapConfig) -> Sequence[str]:
    """DNs of which a referral leaves nobody out."""
    if config.referrals_without_people is not None:
        return config.referrals_without_people
    return PRODUCTS[config.preset].referrals_without_people


def _overridden(preset: Attributes, given: Mapping[str, tuple[str, ...] | None]) -> Attributes:
    return {name: names for name, names in {**preset, **given}.items() if names}
