"""Files of a HubSpot export, recognised and kept as one import."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.files import BadFile, clean_name
from crm.hubspot import headings
from crm.imports import preparing, reading, runs, targets
from crm.imports.cells import to_json
from crm.imports.options import ADD, LEAVE, Options
from crm.imports.plans import MODELS
from crm.models import HubspotImport, Import, ImportFile

MOST_FILES = 20
# What a row is also found by, where HubSpot's id is not known yet; names only where somebody asks for it.
ALSO = {"contact": ["email"], "company": ["domain"], "product": ["sku"], "deal": []}
BY_NAME = {"company": "name", "product": "name"}


@needs("crm.import")
@transaction.atomic
def upload(files: "Sequence[UploadedFile[Any]]", *, by: Any) -> HubspotImport:
    """Keep the files, and have a worker read them. Raises BadFile for one that is no export of HubSpot."""
    if len(files) > MOST_FILES:
        raise BadFile(_("At most %d files can be imported together.") % MOST_FILES)
    batch = HubspotImport.objects.create(owner=by)
    jobs = [_taken(batch, file, by) for file in files]
    for job in jobs:
        transaction.on_commit(lambda pk=job.pk: runs.send(pk), robust=True)  # type: ignore[misc]
    return batch


def _taken(batch: HubspotImport, file: "UploadedFile[Any]", by: Any) -> Import:
    name = clean_name(file.name or "")
    content = preparing.content_of(file, name)
    shape = reading.shape_of(name, content)
    head = reading.head_of(shape, content)
    kind = headings.kind_of(head.headers)
    if not kind:
        raise BadFile(
            _("“%s” is not recognised as an export of HubSpot. It needs HubSpot's English headings, with Record ID.")
            % name
        )
    job = Import(batch=batch, object_type=kind, owner=by, name=name, state=Import.State.READING)
    job.kind, job.encoding, job.delimiter = shape.kind, shape.encoding, shape.delimiter
    job.sheet, job.sheets, job.headers = shape.sheet, list(shape.sheets), head.headers
    job.samples = [[to_json(cell) for cell in cells] for cells in head.samples]
    corrected = preparing.ERROR_HEADER in head.headers
    options = Options(guarded=corrected, unknown_choices=ADD, unknown_companies=LEAVE)
    if kind in MODELS:
        known = targets.targets_of(kind)
        job.mapping = headings.targets(kind, head.headers, targets.guessed(kind, head.headers), known)
        options = replace(options, match_by=targets.HUBSPOT_ID, match_also=ALSO[kind])
    else:
        job.mapping = ["" for _header in head.headers]
    if corrected:
        job.mapping[head.headers.index(preparing.ERROR_HEADER)] = ""
    # HubSpot writes days as 2026-01-31; a file that went through a spreadsheet may have others.
    options = replace(options, date_order=preparing.guessed_order(job), decimal=preparing.guessed_decimal(job))
    job.options = options.as_json()
    job.save()
    ImportFile.objects.create(job=job, content=reading.packed(shape, content))
    return job
