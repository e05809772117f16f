"""What is written down about running the product says the same everywhere."""

import json
import re
import shlex
from pathlib import Path

import yaml

from crm_sync.launch.processes import procfile_commands

ROOT = Path(__file__).resolve().parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
EXAMPLE = (ROOT / ".env.example").read_text()
# Set by the launcher and the tests themselves; nothing for a person to choose.
INTERNAL = {"READ_DOT_ENV", "STATICFILES_BACKEND", "DJANGO_SETTINGS_MODULE"}
OUR_SERVICES = {"web", "worker", "beat", "migrate", "simulator", "seed"}


def example_variables() -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))


def test_containers_run_the_commands_of_the_procfile():
    commands = procfile_commands()

    assert {name: shlex.split(COMPOSE["services"][name]["command"]) for name in commands} == commands
    assert set(commands) == {"web", "worker", "beat"}


def test_the_image_runs_the_web_process():
    line = re.search(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert json.loads(line.group(1)) == procfile_commands()["web"]


def test_every_variable_of_the_product_is_in_the_example_and_no_other():
    source = "\n".join(
        (ROOT / "crm_sync" / name).read_text() for name in ("settings.py", "launch/gunicorn_settings.py")
    )
    read = set(re.findall(r"""env\.\w+\(\s*["']([A-Z0-9_]+)["']|environ\.get\(["']([A-Z0-9_]+)["']""", source))
    read = {name for pair in read for name in pair if name}

    assert example_variables() == read - INTERNAL | {"POSTGRES_PASSWORD"}


def test_containers_know_no_variable_that_the_example_lacks():
    text = (ROOT / "docker-compose.yml").read_text()
    interpolated = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", text))
    set_by_compose = {name for service in OUR_SERVICES for name in COMPOSE["services"][service].get("environment", {})}

    assert interpolated | set_by_compose <= example_variables()


def test_every_service_of_the_product_waits_for_what_it_needs_and_is_checked():
    services = COMPOSE["services"]

    assert set(services) == OUR_SERVICES | {"postgres", "redis"}
    assert {name for name, service in services.items() if service.get("profiles") == ["demo"]} == {"simulator", "seed"}
    assert {name for name, service in services.items() if "healthcheck" in service} == {
        "web",
        "worker",
        "postgres",
        "redis",
    }
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    named = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert named == set(COMPOSE["volumes"])


def test_the_lock_pins_every_requirement_exactly():
    lock = dict(re.findall(r"^([\w.-]+)==(\S+?)(?:;.*)?$", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    lock = {name.lower().replace("_", "-"): version for name, version in lock.items()}
    wanted = {
        name.lower(): version
        for file in ROOT.glob("requirements*.txt")
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", file.read_text(), re.MULTILINE)
    }

    assert {name: lock.get(name) for name in wanted} == wanted
    loose = [
        line
        for file in ROOT.glob("requirements*.txt")
        for line in file.read_text().splitlines()
        if line and not line.startswith("#") and "==" not in line
    ]
    assert loose == []
