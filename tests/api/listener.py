"""A server on this machine that counts who comes, and keeps what they bring."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Mapping[str, str], Any]


class Listener(ThreadingHTTPServer):
    """Answers every request by `answer`, told its method and path: status, headers, JSON."""

    def __init__(self, answer: Callable[[str, str], Answer] = lambda *_: (200, {}, {})) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.connections = 0
        """Connections that came about, whatever was said on them."""
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        """Method and path, headers, body of each request."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def authorizations(self) -> list[str]:
        return [
            headers["authorization"] for _, headers, _ in self.asked if "authorization" in headers
        ]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A TLS greeting is no HTTP; it has been counted."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    timeout = 5  # a TLS greeting has no end of line

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.asked.append((f"{self.command} {self.path}", headers, body))
        status, more, data = self.server.answer(self.command, self.path)
        content = json.dumps(data).encode()
        self.send_response(status)
        for name, value in {**more, "content-length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = _serve

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def listening(
    answer: Callable[[str, str], Answer] | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Listener]:
    """A listener until the block ends; with `tls`, behind that certificate."""
    listener = Listener(answer) if answer else Listener()
    if tls:
        listener.socket = tls.wrap_socket(listener.socket, server_side=True)
    thread = threading.Thread(target=listener.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield listener
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
