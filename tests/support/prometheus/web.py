# SPDX-License-Identifier: Apache-2.0
"""A web server under test's control: what it answers is a function of the request; what it was asked is kept."""

import base64
import gzip
import http.server
import json
import ssl
import threading
import time
import urllib.parse


class Asked:
    def __init__(self, handler):
        self.time = time.monotonic()
        self.method = handler.command
        self.path, _, query = handler.path.partition("?")
        self.headers = handler.headers
        size = int(handler.headers.get("Content-Length", 0))
        self.body = handler.rfile.read(size).decode()
        self.form = {key: values[0] for key, values in urllib.parse.parse_qs(query or self.body).items()}

    def has_credentials(self, user, password):
        wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        return self.headers.get("Authorization") == wanted


class Web:
    """`answer(asked)` gives (status, headers, body); body None: the connection is cut after the headers."""

    def __init__(self, answer, *, address="127.0.0.1", port=0, certificate=None, key=None,
                 client_authority=None):
        self.answer = answer
        self.asked = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self):
                asked = Asked(self)
                outer.asked.append(asked)
                status, headers, body = outer.answer(asked)
                try:
                    self.send_response(status)
                    for key, value in headers.items():
                        self.send_header(key, value)
                    if "Content-Length" not in headers:
                        self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body or b"")
                    if body is None or len(body) < int(headers.get("Content-Length", 0)):
                        self.close_connection = True
                except OSError:
                    self.close_connection = True  # whoever asked did not wait

            do_GET = do_POST = respond

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # handshakes that are meant to fail

        self.server = Server((address, port), Handler)
        self.port = self.server.server_address[1]
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            if client_authority:
                context.load_verify_locations(client_authority)
                context.verify_mode = ssl.CERT_REQUIRED
            # The handshake is the handler thread's: one that hangs does not hold up the others.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        self.url = f"{scheme}://{address}:{self.port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def page(text, kind="text/plain; version=0.0.4"):
    """A page with metrics, compressed if the client takes that."""
    def answer(asked):
        body = (text(asked) if callable(text) else text).encode()
        headers = {"Content-Type": kind}
        if "gzip" in asked.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        return 200, headers, body
    return answer


def vector(*samples, **more):
    """An answer to a query: pairs of labels and value, or of labels and histogram."""
    now = round(time.time(), 3)
    result = [{"metric": labels, ("histogram" if isinstance(value, dict) else "value"): [now, value]}
              for labels, value in samples]
    body = {"status": "success", "data": {"resultType": "vector", "result": result}} | more
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def error(status, kind, text):
    return status, {"Content-Type": "application/json"}, json.dumps(
        {"status": "error", "errorType": kind, "error": text}).encode()
