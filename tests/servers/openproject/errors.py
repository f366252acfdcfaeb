"""Errors as HAL resources."""

from collections.abc import Sequence

from tests.servers.web import Answer, Answered, answer

HAL = "application/hal+json; charset=utf-8"
_URN = "urn:openproject-org:api:v3:errors:"

_LABELS = {"base": "", "members": "Member "}
_GERMAN = {
    "can't be blank.": "muss ausgefüllt werden.",
    "has already been taken.": "ist bereits vergeben.",
    "is invalid.": "ist nicht gültig.",
}


def hal(status: int, body: object, **headers: str) -> Answer:
    return answer(status, body, HAL, **headers)


def error(identifier: str, message: str, attribute: str | None = None) -> dict[str, object]:
    made = {"_type": "Error", "errorIdentifier": _URN + identifier, "message": message}
    return made | ({"_embedded": {"details": {"attribute": attribute}}} if attribute else {})


def fail(status: int, identifier: str, message: str, **headers: str) -> Answered:
    """To raise."""
    return Answered(hal(status, error(identifier, message), **headers))


def missing_permission(what: str = "You are not authorized to access this resource.") -> Answered:
    return fail(403, "MissingPermission", what)


def not_found(what: str = "user") -> Answered:
    """Also for what one may not see."""
    told = f"The specified {what} does not exist or you do not have permission to view them."
    return fail(404, "NotFound", told)


def invalid_query(message: str) -> Answered:
    return fail(400, "InvalidQuery", message)


class Violations:
    """Collects what a contract finds wrong, in the caller's language."""

    def __init__(self, language: str) -> None:
        self._german = language == "de"
        self.found: list[dict[str, object]] = []

    def wrong(self, attribute: str, message: str) -> None:
        said = _GERMAN.get(message, message) if self._german else message
        label = _LABELS.get(attribute, f"{attribute[:1].upper()}{attribute[1:]} ")
        self.found.append(error("PropertyConstraintViolation", f"{label}{said}", attribute))

    def read_only(self, attribute: str) -> None:
        label = f"{attribute[:1].upper()}{attribute[1:]}"
        message = f"{label} was attempted to be written but is not writable."
        self.found.append(error("PropertyIsReadOnly", message, attribute))

    def settle(self) -> None:
        if self.found:
            raise Answered(hal(422, _together(self.found)))


def _together(found: Sequence[dict[str, object]]) -> dict[str, object]:
    """One is told by itself, several in a shell of their own."""
    if len(found) == 1:
        return found[0]
    shell = error("MultipleErrors", "Multiple field constraints have been violated.")
    return {**shell, "_embedded": {"errors": [*found]}}
