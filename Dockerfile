FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1
WORKDIR /app

COPY requirements.txt requirements.lock ./
RUN pip install --no-cache-dir --only-binary :all: -r requirements.txt -c requirements.lock

COPY . .
RUN SECRET_KEY=for-the-build-only python manage.py collectstatic --no-input \
    && useradd --system --home-dir /app crm \
    && mkdir -p var/media var/simulator && chown crm var/media var/simulator

USER crm
EXPOSE 8000
CMD ["gunicorn", "--config", "python:crm_sync.launch.gunicorn_settings", "crm_sync.wsgi"]
