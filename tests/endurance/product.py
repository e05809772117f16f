"""The product's worker or beat with compressed time: ``python -m tests.endurance.product worker|beat ...``."""

import sys

import django

if __name__ == "__main__":
    django.setup()

    from django.conf import settings

    from crm_sync.celery import app
    from tests.endurance.compressed import compress

    app.loader.import_default_modules()
    app.finalize()
    compress(settings)
    app.start(sys.argv[1:])
