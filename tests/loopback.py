"""A server on this machine for one test."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Iterator, Type


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a connection is closed, as the test wants


@contextmanager
def serving(handler: Type[BaseHTTPRequestHandler], **values) -> Iterator[Server]:
    """values: Attributes of the server, which the handler finds there."""
    server = Server(("127.0.0.1", 0), handler)
    vars(server).update(values)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
