"""What a killed run left behind: processes and pid files. And the lock that only one launcher holds."""

import fcntl
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from crm_sync.launch.refusals import CannotStart


def command_line(pid: int) -> str:
    """The command line of a process, empty when there is no such process (or it is a zombie)."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def read_pid(pid_file: Path) -> int:
    """The number on the first line of a pid file, 0 when there is none to read."""
    try:
        return int(pid_file.read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return 0


def stop_leftover(pid_file: Path, marker: str, *signals: signal.Signals, patience: float = 10.0) -> bool:
    """Stop the process that a killed run left under ``pid_file`` and remove the file; True if one was running.

    A number that meanwhile belongs to another program (its command line lacks ``marker``) is left alone.
    Each signal is given ``patience`` seconds; the last resort is SIGKILL to its process group.
    """
    pid = read_pid(pid_file)
    found = bool(pid) and marker in command_line(pid)
    for number in (*signals, signal.SIGKILL) if found else ():
        with suppress(ProcessLookupError, PermissionError):
            if number == signal.SIGKILL and os.getpgid(pid) == pid:
                os.killpg(pid, number)
            else:
                os.kill(pid, number)
        if _gone(pid, marker, patience):
            break
    pid_file.unlink(missing_ok=True)
    return found


def _gone(pid: int, marker: str, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if marker not in command_line(pid):
            return True
        time.sleep(0.05)
    return False


def take_lock(path: Path, what: str) -> IO[str]:
    """Hold ``path`` until the returned file is closed or this process dies, however it dies.

    Raises CannotStart when another launcher holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = path.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip() or "unknown"
        handle.close()
        raise CannotStart(
            f"{what} already runs from this folder (process {owner}). Stop it with Ctrl-C first."
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle
