# SPDX-License-Identifier: Apache-2.0
"""Reads an agent's pages: HTTP over a unix socket, and samples of the metrics page."""

import http.client
import json
import socket


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)


def get(socket_path, path, timeout=10):
    """The agent's own page; OSError while there is no agent."""
    return ask(UnixConnection(str(socket_path), timeout), "GET", path)


def ask(connection, method, path, **headers):
    """One request on a connection of its own."""
    try:
        connection.request(method, path, headers=headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def total(text, name, labels):
    """Sum of the samples of `name` that carry the labels; nothing if there are none."""
    samples = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith((name + " ", name + "{")) and all(f'{k}="{v}"' in line for k, v in labels.items())]
    return sum(samples) if samples else None
