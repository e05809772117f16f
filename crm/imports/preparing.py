"""The steps before an import runs: upload, how to read the file, columns, what to do with the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from core.access import needs
from core.enums import PropertyKind
from core.files import BadFile, clean_name
from core.services import properties as property_services
from crm.imports import matching, notation, reading, targets
from crm.imports.cells import Cell, from_json, is_empty, plain, to_json
from crm.imports.options import BOTH, CREATE, Options, options_of
from crm.imports.reading import Shape
from crm.imports.runs import NotPossible
from crm.imports.targets import NEW
from crm.models import Import, ImportFile

# The heading of the column that says what was wrong with a row.
ERROR_HEADER = "Error"
OPEN = (Import.State.DRAFT, Import.State.CHECKED)


@needs("crm.import")
@transaction.atomic
def upload(object_type: str, file: "UploadedFile[Any]", *, by: Any) -> Import:
    """Keep a file that somebody uploaded, with what it seems to be. Raises BadFile."""
    name = clean_name(file.name or "")
    content = content_of(file, name)
    shape = reading.shape_of(name, content)
    job = Import(object_type=object_type, owner=by, name=name)
    _take(job, shape, content)
    job.save()
    ImportFile.objects.create(job=job, content=reading.packed(shape, content))
    return job


def content_of(file: "UploadedFile[Any]", name: str) -> bytes:
    """What is in an uploaded file. Raises BadFile for one that is too large."""
    if (file.size or 0) > reading.LARGEST_FILE_MB * 1024 * 1024:
        words = {"name": name, "size": reading.LARGEST_FILE_MB}
        raise BadFile(_("“%(name)s” is too large: a file may have at most %(size)d MB. Split it.") % words)
    return bytes(file.read())


def _take(job: Import, shape: Shape, content: bytes) -> None:
    """Note how the file is read, and guess the rest from its headings and first rows."""
    head = reading.head_of(shape, content)
    job.kind, job.encoding, job.delimiter = shape.kind, shape.encoding, shape.delimiter
    job.sheet, job.sheets = shape.sheet, list(shape.sheets)
    job.headers = head.headers
    job.samples = [[to_json(cell) for cell in cells] for cells in head.samples]
    before = _before(job)
    if before is not None:
        job.mapping = _still_known(job.object_type, before.mapping)
        kept = options_of(before.options)
    else:
        job.mapping = targets.guessed(job.object_type, head.headers)
        kept = Options(owner=job.owner_id)
        kept = replace(kept, date_order=guessed_order(job), decimal=guessed_decimal(job))
    if ERROR_HEADER in head.headers:
        job.mapping[head.headers.index(ERROR_HEADER)] = ""
    kept = replace(kept, guarded=ERROR_HEADER in head.headers)
    job.options = kept.as_json()
    _choose_match(job)


def _before(job: Import) -> Import | None:
    """The latest import of the same person with the same columns, whose choices are taken over."""
    known = [header for header in job.headers if header != ERROR_HEADER]
    rows = Import.objects.filter(owner=job.owner_id, object_type=job.object_type).exclude(pk=job.pk)
    for before in rows.exclude(step="file").order_by("-pk")[:20]:
        headers = [header for header in before.headers if header != ERROR_HEADER]
        if headers == known and len(before.mapping) == len(before.headers):
            by_header = dict(zip(before.headers, before.mapping, strict=True))
            before.mapping = [by_header.get(header, "") for header in job.headers]
            return before
    return None


def _still_known(object_type: str, mapping: Sequence[str]) -> list[str]:
    known = targets.targets_of(object_type)
    return [name if name in known else "" for name in mapping]


def cells_of(job: Import, at: int) -> list[Cell]:
    """The samples of a column that hold something."""
    return [cell for kept in job.samples if not is_empty(cell := from_json(kept[at]))]


def _of_kind(job: Import, kind: str) -> list[Cell]:
    known = targets.targets_of(job.object_type) if job.object_type in targets.OBJECTS else {}
    wanted = [at for at, name in enumerate(job.mapping) if name in known and known[name].spans == kind]
    # Where no column is known to be one yet, any of them may be.
    return [cell for at in wanted or range(len(job.headers)) for cell in cells_of(job, at)]


def guessed_order(job: Import) -> str:
    """How the days in the samples seem to be written."""
    american = (translation.get_language() or "en-us") == "en-us"
    return notation.guessed_order(_of_kind(job, targets.DAY), notation.MONTH_FIRST if american else notation.DAY_FIRST)


def guessed_decimal(job: Import) -> str:
    """Which sign stands before the decimals in the samples."""
    return notation.guessed_decimal(_of_kind(job, targets.NUMBER))


def _choose_match(job: Import) -> None:
    """Keep what rows are matched by where the columns allow it, else the best of what they do."""
    ways, options = matching.ways(job.object_type, job.mapping), options_of(job.options)
    if options.match_by not in ways:
        job.options = replace(options, match_by=ways[0] if ways else "").as_json()


def _open(job: Import) -> Import:
    """The import, locked. Raises NotPossible once it runs."""
    fresh = Import.objects.select_for_update().get(pk=job.pk)
    if fresh.state not in OPEN:
        raise NotPossible(_("This import can't be changed any more."))
    fresh.state, fresh.problem = Import.State.DRAFT, ""
    return fresh


@transaction.atomic
def choose_file(job: Import, *, encoding: str, delimiter: str, sheet: str) -> Import:
    """Read the file in another way. Raises BadFile and NotPossible."""
    fresh = _open(job)
    was = (fresh.encoding, fresh.delimiter, fresh.sheet)
    if was != (encoding, delimiter, sheet):
        shape = Shape(fresh.kind, encoding, delimiter, sheet, tuple(fresh.sheets))
        content = reading.unpacked(shape, ImportFile.objects.get(pk=fresh.pk).content)
        _take(fresh, shape, content)
        fresh.slices.all().delete()
    fresh.save()
    return fresh


@transaction.atomic
def go_on(job: Import, step: str) -> None:
    """Remember where preparing goes on."""
    Import.objects.filter(pk=job.pk, state__in=OPEN).update(step=step)


@needs("crm.import")
@transaction.atomic
def choose_columns(job: Import, mapping: Sequence[str], *, date_order: str, decimal: str, by: Any) -> Import:
    """Take what each column becomes; ``new:<kind>`` makes a custom property. Raises NotPossible with a sentence."""
    fresh = _open(job)
    found = list(mapping)
    if len(found) != len(fresh.headers):
        raise NotPossible(_("The file has changed meanwhile. Look at its columns again."))
    for at, name in enumerate(found):
        if name.startswith(NEW):
            found[at] = _new_property(fresh, at, name.removeprefix(NEW), by)
    known = targets.targets_of(fresh.object_type)
    used = [name for name in found if name]
    if not used:
        raise NotPossible(_("Choose at least one column to import."))
    if strange := [name for name in used if name not in known]:
        raise NotPossible(_("There is no property “%s” any more.") % strange[0])
    if twice := next((name for name in used if used.count(name) > 1), None):
        raise NotPossible(_("Two columns go to “%s”. Choose another one for one of them.") % known[twice].label)
    fresh.mapping = found
    options = options_of(fresh.options)
    fresh.options = replace(options, date_order=date_order, decimal=decimal).as_json()
    _choose_match(fresh)
    fresh.step = "options"
    fresh.save()
    return fresh


def _new_property(job: Import, at: int, kind: str, by: Any) -> str:
    if not by.has_perm("core.manage_properties"):
        raise NotPossible(_("Making a property needs the permission to manage properties."))
    unique = kind == targets.NEW_KEY
    if not unique and kind not in targets.NEW_KINDS:
        raise NotPossible(_("Choose what the new property holds."))
    choices: list[str] = []
    if kind == PropertyKind.CHOICE:
        folded = {plain(cell).strip().casefold(): plain(cell).strip() for cell in cells_of(job, at)}
        choices = sorted(folded.values())[:100]
    made_of = {"kind": PropertyKind.TEXT, "unique": True} if unique else {"kind": kind, "choices": choices}
    try:
        row = property_services.create(job.object_type, by=by, label=job.headers[at][:120], **made_of)
    except property_services.PropertyRefused as refused:
        raise NotPossible(str(refused)) from refused
    return f"property:{row.pk}"


def problem_with(object_type: str, mapping: Sequence[str], options: Options) -> str:
    """What is missing for what is to be done; empty for nothing."""
    there = set(mapping)
    if options.mode != CREATE and not options.match_by:
        return str(_("To update records, choose what they are found by."))
    if options.mode in (BOTH, CREATE):
        if object_type == "contact" and not there & {"first_name", "last_name", "email"}:
            return str(_("New contacts need a name or an e-mail address. Choose a column for one of them."))
        if object_type != "contact" and "name" not in there:
            return str(_("New records need a name. Choose a column for it."))
    return ""


@transaction.atomic
def choose_options(job: Import, values: Mapping[str, Any]) -> Import:
    """Take what to do with the rows. Raises NotPossible with a sentence."""
    fresh = _open(job)
    options = replace(options_of(fresh.options), **values)
    if problem := problem_with(fresh.object_type, fresh.mapping, options):
        raise NotPossible(problem)
    fresh.options = options.as_json()
    fresh.save()
    return fresh
