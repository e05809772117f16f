"""How tests share the two cores: which ones never run at the same time, and what is said of a worker that died."""

import fcntl
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tests marked ``one_at_a_time(name)`` wait for each other, before their time is measured."""
    mark = item.get_closest_marker("one_at_a_time")
    if mark is None:
        return (yield)
    # The lock ends with its process, however that ends.
    with Path(os.environ["CRM_TEST_SOCKETS"], f"{mark.args[0]}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    """Tell how a worker died: a negative number is a signal."""
    if error:
        process = node.gateway._io.popen
        print(f"\n{node.gateway.id} ended with {process.wait(10)}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is tried twice; the summary names who needed it.

    A browser test, for a browser is a big program of others; and a test whose worker died under it.
    """
    for item in items:
        which = {} if item.get_closest_marker("e2e") else {"only_rerun": ["no failure, only the end of a worker"]}
        item.add_marker(pytest.mark.flaky(reruns=1, **which))
