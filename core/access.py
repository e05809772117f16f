"""What a person may do, asked in the services: pages, programs, files and lists of actions all come through there.

``by`` is who wants it. None is the product itself: the sync, a clock, the link that a customer was sent.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

P = ParamSpec("P")
T = TypeVar("T")

# Filled by the apps: the permissions in words, whether a person sees everything, and the rows that a person sees.
words: "dict[str, StrOrPromise]" = {}
sees_everything: list[Callable[[Any], bool]] = []
sights: dict[type[Model], Callable[[Any], QuerySet[Any]]] = {}

_decided: ContextVar[bool] = ContextVar("decided", default=False)


def require(user: Any, *permissions: str) -> None:
    """Raises PermissionDenied, naming what is missing in words, unless ``user`` holds one of ``permissions``."""
    if not any(user.has_perm(each) for each in permissions):
        sentence = _("This needs the permission “%s”. Somebody who manages users can give it to your role.")
        raise PermissionDenied(sentence % words[permissions[0]])


def require_sight(user: Any, records: Sequence[Model]) -> None:
    """Raises PermissionDenied unless ``user`` may see all ``records``; costs nothing for who sees everything."""
    if not records or all(ask(user) for ask in sees_everything):
        return
    kinds: dict[type[Model], set[Any]] = {}
    for record in records:
        if type(record) in sights and record.pk is not None:
            kinds.setdefault(type(record), set()).add(record.pk)
    for kind, ids in kinds.items():
        if sights[kind](user).filter(pk__in=ids).order_by().values("pk").distinct().count() < len(ids):
            raise PermissionDenied(_("You may not see this record."))


@contextmanager
def decided() -> Iterator[None]:
    """What is done inside was allowed as a whole: by who started an import, or published a workflow."""
    token = _decided.set(True)
    try:
        yield
    finally:
        _decided.reset(token)


def asks(user: Any) -> bool:
    """Whether what ``user`` wants has to be asked for: not for the product itself, nor within what was allowed."""
    return user is not None and not _decided.get()


def needs(*permissions: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A service for who holds one of ``permissions`` and sees the records that are given by position.

    What the service brings about through other services is part of it, and is not asked for again.
    """

    def decorate(service: Callable[P, T]) -> Callable[P, T]:
        @wraps(service)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            by = kwargs.get("by")
            if not asks(by):
                return service(*args, **kwargs)
            require(by, *permissions)
            require_sight(by, list(_records(args)))
            with decided():
                return service(*args, **kwargs)

        guarded.needs = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate


def _records(given: Sequence[Any]) -> Iterator[Model]:
    for each in given:
        if isinstance(each, Model):
            yield each
        elif isinstance(each, list | tuple):
            yield from (one for one in each if isinstance(one, Model))
