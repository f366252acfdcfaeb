"""Whom the tests create."""

ADA = {
    "account": {"username": "ada.l", "email": "Ada@Example.com", "tagsField": ["maths"]},
    "profile": {"firstname": "Ada", "lastname": "Lovelace", "zip": "0815"},
    "password": {"newPassword": "difference engine"},
}
