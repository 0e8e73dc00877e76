"""What an exchange tells of its health over HTTP, in plain text and JSON, to whoever asks.

/healthz   200 while the process that holds the exchange goes round; 503 when it hangs
/readyz    200 while every shard trades; 503 and, line by line, what does not
/metrics   the same for Prometheus
/status    the supervisor's answer, as `bulkhead status --json` prints it
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from actors.metrics import CONTENT_TYPE, exposition

HANGS_AFTER_S = 120.0
"""Joining a Ray that is not there yet takes up to 30 s a try; nothing else takes long."""


class Health:
    """Written by the one that holds the exchange, read by the server's threads."""

    def __init__(self) -> None:
        self._went_round_at = time.monotonic()
        self._missing = {"exchange": "starting"}
        self._status: dict[str, Any] = {}
        self._told_at: float | None = None

    def went_round(self) -> None:
        self._went_round_at = time.monotonic()

    def tell(self, missing: dict[str, str], status: dict[str, Any] | None = None) -> None:
        """`missing`: what does not trade and what it does instead; nothing: all is well. `status`: None where
        there is no new one.
        """
        self._missing = missing
        if status is not None:
            self._status, self._told_at = status, time.monotonic()
        self.went_round()

    def answer(self, path: str) -> tuple[HTTPStatus, str, str]:
        """Status, type, and body."""
        bad = HTTPStatus.SERVICE_UNAVAILABLE
        if path == "/healthz":
            silent_s = time.monotonic() - self._went_round_at
            if silent_s > HANGS_AFTER_S:
                return bad, "text/plain", f"the process hangs: nothing for {silent_s:.0f} s\n"
            return HTTPStatus.OK, "text/plain", "it goes round\n"
        if path == "/readyz":
            missing = self._missing
            lines = "".join(f"{name}: {what}\n" for name, what in missing.items())
            return (bad if missing else HTTPStatus.OK), "text/plain", lines or "every shard trades\n"
        if path == "/metrics":
            told_at = self._told_at
            age_s = None if told_at is None else time.monotonic() - told_at
            return HTTPStatus.OK, CONTENT_TYPE, exposition(self._missing, self._status, age_s)
        if path == "/status":
            told = {"ready": not self._missing, "missing": self._missing, **self._status}
            return HTTPStatus.OK, "application/json", json.dumps(told) + "\n"
        return HTTPStatus.NOT_FOUND, "text/plain", "there are /healthz, /readyz, /metrics and /status\n"


@contextmanager
def served(health: Health, host: str, port: int) -> Iterator[int]:
    """Answer at that address for as long as the block lasts; gives the port, where 0 was asked for. OSError:
    it can't be listened at.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = 10.0

        def do_GET(self) -> None:
            status, kind, body = health.answer(self.path.partition("?")[0])
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the base's name
            """Whoever probes comes every two seconds."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
