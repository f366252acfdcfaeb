"""What HumHub keeps, and how it is shown (definitions/UserDefinitions.php)."""

import uuid
from dataclasses import dataclass, field

DISABLED, ENABLED, UNAPPROVED, DELETED = 0, 1, 2, 3

PROFILE = {
    "firstname": 20,
    "lastname": 30,
    "title": 50,
    "gender": 255,
    "street": 150,
    "zip": 10,
    "city": 100,
    "country": 255,
    "state": 100,
    "birthday_hide_year": None,
    "birthday": None,
    "about": 65535,
    "phone_private": 100,
    "phone_work": 100,
    "mobile": 100,
    "fax": 100,
    "im_skype": 100,
    "im_xmpp": 100,
    "url": 255,
    "url_facebook": 255,
    "url_linkedin": 255,
    "url_xing": 255,
    "url_youtube": 255,
    "url_vimeo": 255,
    "url_flickr": 255,
    "url_myspace": 255,
    "url_twitter": 255,
}
"""Columns of a profile and their largest lengths: a new installation's (installer/libs/InitialData.php)."""


@dataclass
class User:
    id: int
    username: str
    email: str | None
    status: int = ENABLED
    visibility: int = 1
    language: str = "en-US"
    tags: list[str] = field(default_factory=list)
    time_zone: str = "UTC"
    auth_mode: str = "local"
    """`account.authclient` until 1.18; since 1.19 the `user_source`."""
    authclient_id: str | None = None
    last_login: str | None = None
    password: str | None = None
    must_change_password: bool = False
    profile: dict[str, str | None] = field(default_factory=dict)
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    sessions: int = 0
    failed_logins: int = 0
    failed_at: float = 0.0

    @property
    def display_name(self) -> str:
        names = (self.profile.get("firstname"), self.profile.get("lastname"))
        return " ".join(name for name in names if name) or self.username


@dataclass
class Group:
    """`members` says of each whether they are its manager."""

    id: int
    name: str | None
    description: str | None = None
    show_at_registration: int = 0
    show_at_directory: int = 1
    sort_order: int = 100
    members: dict[int, bool] = field(default_factory=dict)


def short(user: User, base: str) -> dict[str, object]:
    """As members are listed: neither a user name nor whether one is a manager."""
    return {
        "id": user.id,
        "guid": user.guid,
        "display_name": user.display_name,
        "url": f"{base}/u/{user.username}/",
    }


def full(user: User, base: str, version: str) -> dict[str, object]:
    return {
        **short(user, base),
        "account": _account(user, version),
        "profile": {
            **{name: user.profile.get(name) for name in PROFILE},
            "image_url": f"{base}/uploads/profile_image/{user.guid}.jpg",
            "banner_url": f"{base}/uploads/profile_image/banner/{user.guid}.jpg",
        },
    }


def _account(user: User, version: str) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": user.id,
        "guid": user.guid,
        "username": user.username,
        "email": user.email,
        "visibility": user.visibility,
        "status": user.status,
        "tags": user.tags,
        "language": user.language,
        "time_zone": user.time_zone,
        "contentcontainer_id": user.id + 1000,
    }
    if version == "1.18":
        shown |= {"authclient": user.auth_mode, "authclient_id": user.authclient_id}
    else:
        shown["user_source"] = user.auth_mode
    return {**shown, "last_login": user.last_login}


def group(one: Group) -> dict[str, object]:
    """Nothing says which one is the administrators', the default or a protected group."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "show_at_registration": one.show_at_registration,
        "show_at_directory": one.show_at_directory,
        "sort_order": one.sort_order,
    }
