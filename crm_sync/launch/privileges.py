"""How a child process is started so that it never outlives the launcher, and PostgreSQL so that it accepts root.

PostgreSQL refuses to run as uid 0. As root it runs in a user namespace where the own uid is called 65534: that leaves
no user, no changed permission and no foreign file behind. Where namespaces are forbidden (most containers), it runs
as uid 65534 itself and owns its data directory. It also refuses a uid without a name, as containers are given; the
namespace helps there too.
"""

import ctypes
import functools
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Literal

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1

Mode = Literal["as is", "namespace", "nobody"]


@functools.cache
def unprivileged_mode() -> Mode:
    """How a program that refuses root and nameless users has to be started here."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return "as is"
    try:
        # Where there are no namespaces at all (macOS), the function is missing: AttributeError in the child.
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True, preexec_fn=_enter_namespace)
    except (subprocess.SubprocessError, OSError):
        return "nobody" if os.geteuid() == 0 else "as is"
    return "namespace"


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def spawn_options(*, death_signal: signal.Signals, unprivileged: bool = False) -> dict[str, Any]:
    """Keyword arguments for ``Popen``: own session, and ``death_signal`` when the starting thread ends.

    To be called, and the child to be started, in the main thread: Linux ties the signal to the thread.
    """
    mode = unprivileged_mode() if unprivileged else "as is"
    options: dict[str, Any] = {
        "start_new_session": True,
        "preexec_fn": _child_setup(death_signal, namespace=mode == "namespace"),
        "stdin": subprocess.DEVNULL,
    }
    if mode == "nobody":
        options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return options


def _child_setup(death_signal: signal.Signals, *, namespace: bool) -> Callable[[], None]:
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def setup() -> None:
        if namespace:
            _enter_namespace()
        if libc is not None:
            # After the namespace: gaining capabilities clears the setting.
            libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return setup


def _enter_namespace() -> None:
    uid, gid = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, content.encode())
        os.close(descriptor)
