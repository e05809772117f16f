"""A check of our own for schemathesis: what fits the document is never refused as not fitting it.

A 422 may also say that a value does not fit what is there (an id of nothing, an e-mail address that is none), which no
document can tell beforehand; the type of the problem tells the two apart.
"""

import schemathesis
from schemathesis import GenerationMode


@schemathesis.check
def fits_the_document(context, response, case):
    """Requests made to fit the document are not told that they don't."""
    meta = case.meta
    if response.status_code == 422 and meta is not None and meta.generation.mode == GenerationMode.POSITIVE:
        assert not response.json()["type"].endswith(":schema"), "refused as not fitting the document"
