"""How the web process runs, wherever it runs: read by gunicorn through the command in Procfile."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_PROCESSES", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
graceful_timeout = 10
# Keep longer than a load balancer's idle timeout, so that it is never the server that closes first.
keepalive = 75
# A file that workers touch; on a slow disk a heartbeat there can block them.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 -- gunicorn makes an unnamed file
control_socket_disable = True
