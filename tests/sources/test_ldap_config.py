"""Laws of what an LDAP source's configuration may say, all without a server."""

import pytest
from pydantic import ValidationError

from syncd.sources.ldap import LdapConfig
from syncd.sources.ldap.presets import PRODUCTS, group_rules, harmless_referrals, user_rules

BASE = "dc=example,dc=test"
MINIMAL = {
    "type": "ldap",
    "preset": "openldap",
    "servers": ["ldaps://ldap.example.test"],
    "bind": {"dn": f"cn=syncd,{BASE}", "password": "hunter2"},
    "users": {"bases": [f"ou=people,{BASE}"]},
}


def config(**settings):
    return LdapConfig.model_validate(MINIMAL | settings)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"preset": "edirectory"}, "preset"),
        ({"servers": []}, "at least 1 item"),
        ({"servers": ["ldap.example.test"]}, "must begin with ldaps://, ldap:// or ldapi://"),
        ({"servers": ["http://x"]}, "must begin with ldaps://, ldap:// or ldapi://"),
        ({"servers": ["ldaps://"]}, "names no host"),
        ({"servers": ["ldaps://x:ldap"]}, "servers.0"),
        ({"servers": ["ldaps://x:0"]}, "has no usable port"),
        ({"servers": ["ldaps://x/dc=example"]}, "goes beyond the port"),
        ({"servers": ["ldaps://ada:hunter2@x"]}, "they belong under bind"),
        ({"servers": [{"url": "ldaps://x", "start_tls": True}]}, "start_tls is for ldap:// only"),
        ({"servers": ["ldap://x"]}, "would carry the password unencrypted"),
        ({"bind": {"password": "hunter2"}}, "needs dn and one of password and password_file"),
        ({"bind": {"dn": "cn=a"}}, "needs dn and one of password and password_file"),
        (
            {"bind": {"dn": "cn=a", "password": "hunter2", "password_file": "x"}},
            "needs dn and one of password and password_file",
        ),
        ({"bind": {"dn": "cn=a", "password": ""}}, "the password is empty"),
        ({"bind": {"method": "anonymous", "dn": "cn=a"}}, "are for method simple, not anonymous"),
        ({"bind": {"method": "external"}}, "needs certificate_file and TLS"),
        ({"bind": {"method": "anonymous", "key_file": "x"}}, "key_file needs certificate_file"),
        ({"users": {"bases": ["people"]}}, "'people' is no distinguished name"),
        ({"users": {"bases": []}}, "at least 1 item"),
        ({"users": {"bases": [BASE], "filter": "uid=*"}}, "'uid=*' is no LDAP filter"),
        ({"users": {"bases": [BASE], "disabled": ["locked"]}}, "users.disabled.0"),
        (
            {"users": {"bases": [BASE], "disabled": [{"filter": "(a=b)", "attribute": "a"}]}},
            "either attribute or filter",
        ),
        (
            {"users": {"bases": [BASE], "disabled": [{"filter": "(a=b)", "bit": 2}]}},
            "at most one of equals, bit and expires",
        ),
        (
            {"users": {"bases": [BASE], "disabled": [{"attribute": "a", "bit": 2, "equals": "b"}]}},
            "at most one of equals, bit and expires",
        ),
        ({"sentinel": ["ada"]}, "Extra inputs are not permitted"),
    ],
)
def test_what_cannot_work_is_refused_before_a_socket_is_opened(settings, said):
    """Each mistake is told in words, and no message shows a secret."""
    with pytest.raises(ValidationError) as caught:
        config(**settings)

    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "server",
    [
        "ldap://localhost:389",
        "ldap://127.0.0.1",
        "ldap://[::1]:389",
        "ldapi://%2Frun%2Fldapi",
        {"url": "ldap://x", "start_tls": True},
        {"url": "ldap://x", "allow_cleartext": True},
    ],
)
def test_a_password_may_go_where_nobody_listens_or_where_it_is_allowed(server):
    """This machine, an encrypted line, or an explicit word."""
    assert len(config(servers=[server]).servers) == 1


def test_nothing_shows_the_password():
    """Neither repr nor JSON of the configuration has it."""
    shown = repr(config()) + str(config()) + config().model_dump_json()

    assert "hunter2" not in shown


def test_every_option_is_described():
    """The JSON schema has a sentence for every option that is no section of its own."""
    schema = LdapConfig.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    silent = [
        f"{model['title']}.{name}"
        for model in models
        for name, option in model["properties"].items()
        if "description" not in option and "$ref" not in option and "const" not in option
    ]

    assert silent == []


@pytest.mark.parametrize("preset", PRODUCTS)
def test_a_preset_alone_is_enough(preset):
    """Every product's settings are complete, and name only what the source can read."""
    users, groups = user_rules(config(preset=preset)), group_rules(config(preset=preset))

    assert (users, groups) == (PRODUCTS[preset].users, PRODUCTS[preset].groups)
    assert "user_name" in users.attributes
    assert groups.attributes == {"display_name": ("cn",)}
    assert LdapConfig.model_validate(
        MINIMAL
        | {
            "users": {"bases": [BASE], "filter": users.filter},
            "groups": {"bases": [BASE], "filter": groups.filter},
        }
    )


def test_every_setting_of_a_preset_can_be_overridden():
    """What the configuration says counts; attributes are overridden one by one, null takes away."""
    settings = config(
        preset="active_directory",
        referrals_without_people=[],
        users={
            "bases": [BASE],
            "filter": "(uid=*)",
            "key": "uid",
            "attributes": {"email": ["mail", "proxyAddresses"], "title": None, "room": "l"},
            "disabled": ["nsAccountLock", {"attribute": "locked"}],
            "member_of": "memberOf",
        },
        groups={
            "bases": [BASE],
            "filter": "(cn=*)",
            "key": "cn",
            "attributes": {"display_name": "name"},
            "members": [{"attribute": "memberUid", "kind": "uid", "matches": "sAMAccountName"}],
        },
    )

    users, groups = user_rules(settings), group_rules(settings)

    assert (users.filter, users.key, users.member_of) == ("(uid=*)", "uid", "memberOf")
    assert users.attributes == {
        "user_name": ("sAMAccountName",),
        "email": ("mail", "proxyAddresses"),
        "given_name": ("givenName",),
        "family_name": ("sn",),
        "display_name": ("displayName", "cn"),
        "phone": ("telephoneNumber",),
        "locale": ("preferredLanguage",),
        "room": ("l",),
    }
    assert [rule.attribute for rule in users.disabled] == ["nsAccountLock", "locked"]
    assert (groups.filter, groups.key) == ("(cn=*)", "cn")
    assert groups.attributes == {"display_name": ("name",)}
    assert [rule.matches for rule in groups.members] == ["sAMAccountName"]
    assert harmless_referrals(settings) == ()
