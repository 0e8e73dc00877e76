"""The exchange is asked over HTTP; who does not answer, or answers something else, tells nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bulkhead.broker.ports import choose
from k8s.keeping.health import missing_at


@contextmanager
def answering(body: str, status: int = 200) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/status"
        finally:
            server.shutdown()
            thread.join()


def test_what_does_not_trade_is_told() -> None:
    with answering('{"ready": false, "missing": {"risk/0": "down: killed"}}') as url:
        assert missing_at(url) == {"risk/0": "down: killed"}


@pytest.mark.parametrize(
    ("body", "status"), [("no JSON", 200), ("{}", 200), ("[]", 200), ('{"missing": 7}', 200), ("", 503)]
)
def test_another_answer_tells_nothing(body: str, status: int) -> None:
    with answering(body, status) as url:
        assert missing_at(url) is None


def test_where_nobody_listens_nothing_is_told() -> None:
    assert missing_at(f"http://127.0.0.1:{choose({'x': 0}, {}, {})['x']}/status") is None
