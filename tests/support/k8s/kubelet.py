# SPDX-License-Identifier: Apache-2.0
"""A kubelet for tests: what it answers to /pods and /stats/summary is set by the test. TLS, bearer tokens."""

import http.server
import json
import ssl
import threading


class Kubelet:
    def __init__(self, authority, tokens=("good-token",)):
        self.answers = {"/pods": {"kind": "PodList", "items": []}, "/stats/summary": {"node": {}, "pods": []}}
        self.tokens = set(tokens)
        self.asked = []
        kubelet = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kubelet.asked.append(self.path)
                known = self.headers.get("Authorization", "").removeprefix("Bearer ") in kubelet.tokens
                code = 401 if not known else 200 if self.path in kubelet.answers else 404
                body = json.dumps(kubelet.answers[self.path]).encode() if code == 200 else b"no"
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        certificate, key = authority.issue("kubelet")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
