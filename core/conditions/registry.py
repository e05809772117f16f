"""Which objects, properties and associations conditions know. Apps fill this in their ``apps.py``."""

from collections.abc import Callable, Iterable
from typing import Any

from core.conditions.fields import ConditionObject, Field, Relation

objects: dict[str, ConditionObject] = {}
_fields: dict[str, dict[str, Field]] = {}
_relations: dict[str, dict[str, Relation]] = {}
# Functions that give more properties of an object type, asked every time: custom properties come and go.
field_providers: list[Callable[[str], Iterable[Field]]] = []


def add_object(described: ConditionObject) -> None:
    """Register an object that conditions can be about."""
    objects[described.name] = described


def add_fields(object_type: str, *fields: Field) -> None:
    """Register properties of an object."""
    _fields.setdefault(object_type, {}).update({field.name: field for field in fields})


def add_relation(object_type: str, relation: Relation) -> None:
    """Register an association of an object; also from an app above the one that has the object."""
    _relations.setdefault(object_type, {})[relation.name] = relation


def _allowed(user: Any, permission: str) -> bool:
    return user is None or not permission or bool(user.has_perm(permission))


def may_use(object_type: str, user: Any) -> bool:
    """Whether ``user`` may see records of this type; None is the product itself, which may."""
    known = objects.get(object_type)
    return known is not None and _allowed(user, known.permission)


def fields_of(object_type: str, user: Any = None) -> dict[str, Field]:
    """The properties of an object that ``user`` may use, by name: registered ones, then those of the providers."""
    found = dict(_fields.get(object_type, {}))
    for provider in field_providers:
        found.update({field.name: field for field in provider(object_type)})
    return {name: field for name, field in found.items() if _allowed(user, field.permission)}


def field_of(object_type: str, name: str, user: Any = None) -> Field | None:
    """The property of this name, if ``user`` may use it; providers are asked only for what is not registered."""
    found = _fields.get(object_type, {}).get(name)
    if found is None:
        found = fields_of(object_type, user).get(name)
    return found if found is not None and _allowed(user, found.permission) else None


def relations_of(object_type: str, user: Any = None) -> dict[str, Relation]:
    """The associations of an object that lead to records ``user`` may see, by name."""
    return {
        name: relation for name, relation in _relations.get(object_type, {}).items() if may_use(relation.target, user)
    }


def object_type_of(model: Any) -> str:
    """The object type that is registered for a model class."""
    return next(name for name, known in objects.items() if known.model is model._meta.concrete_model)
