"""Who works here: people, teams, and whom a key works for."""

from typing import Any

from accounts import queries as accounts
from api.described import Answer, Call, Operation
from api.printing import plain
from api.problems import missing
from api.schemas import ID, MOMENT, array, named, nullable, record
from api.scopes import CRM_READ, SCOPES

TAG = "Workspace"
WORDS = {"type": "string"}
PERSON = named(
    "Person",
    record(
        {
            "id": ID,
            "name": WORDS,
            "email": WORDS,
            "active": {"type": "boolean"},
            "role": nullable(WORDS),
            "teams": array(ID),
        },
        "id",
        "name",
        "email",
        "active",
    ),
)
TEAM = named("Team", record({"id": ID, "name": WORDS, "members": array(ID)}, "id", "name", "members"))
ME = named(
    "Me",
    record(
        {
            "id": ID,
            "name": WORDS,
            "email": WORDS,
            "time_zone": WORDS,
            "role": nullable(WORDS),
            "key": WORDS,
            "scopes": array({"type": "string", "enum": list(SCOPES)}),
            "permissions": array(WORDS),
            "expires_at": nullable(MOMENT),
        },
        "id",
        "name",
        "scopes",
        "permissions",
    ),
)


def _person(user: Any) -> dict[str, Any]:
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "active": user.is_active,
        "role": user.role.name if user.role else None,
        "teams": sorted(team.pk for team in user.teams.all()),
    }


def people(call: Call) -> Answer:
    """Everybody who works here."""
    return Answer({"data": [_person(user) for user in accounts.people(call.user)]})


def person(call: Call) -> Answer:
    """Somebody who works here."""
    user = accounts.people(call.user).filter(pk=call.at["id"]).first()
    if user is None:
        raise missing()
    return Answer(_person(user))


def teams(call: Call) -> Answer:
    """The teams with their members."""
    rows = accounts.all_teams().prefetch_related("members")
    told = [{"id": t.pk, "name": t.name, "members": sorted(user.pk for user in t.members.all())} for t in rows]
    return Answer({"data": told})


def me(call: Call) -> Answer:
    """Whom the key works for, and what it opens."""
    user = call.user
    return Answer(
        {
            "id": user.pk,
            "name": user.name,
            "email": user.email,
            "time_zone": user.time_zone,
            "role": user.role.name if user.role else None,
            "key": call.key.name,
            "scopes": call.key.scopes,
            "permissions": sorted(user.get_all_permissions()),
            "expires_at": plain(call.key.expires_at),
        }
    )


def operations() -> list[Operation]:
    """Reading the workspace."""

    def listed(of: Any) -> dict[int, Any]:
        return {200: record({"data": array(of)}, "data")}

    return [
        Operation("GET", "me", "read-me", TAG, "Whom the key works for, and what it opens", CRM_READ, me, {200: ME}),
        Operation("GET", "users", "list-users", TAG, "Everybody who works here", CRM_READ, people, listed(PERSON)),
        Operation("GET", "users/{id}", "read-user", TAG, "Somebody who works here", CRM_READ, person, {200: PERSON}),
        Operation("GET", "teams", "list-teams", TAG, "The teams with their members", CRM_READ, teams, listed(TEAM)),
    ]  # fmt: skip
