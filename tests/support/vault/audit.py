# SPDX-License-Identifier: Apache-2.0
"""Audit devices as Vault has them: of type file, reopened on demand, and of type socket. Each hashes every text of what
is sent and answered with a key of its own, as https://developer.hashicorp.com/vault/docs/audit describes it."""

import datetime
import hashlib
import hmac
import json
import os
import socket


def now():
    at = datetime.datetime.now(datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond:06}123Z"


class Device:
    def __init__(self, *, prefix="", raw=False):
        self.key = os.urandom(32)
        self.prefix = prefix
        self.raw = raw  # log_raw: nothing is hashed
        self.failures = 0

    def hashed(self, value):
        if isinstance(value, dict):
            return {key: self.hashed(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.hashed(each) for each in value]
        if isinstance(value, str) and value and not self.raw:
            return "hmac-sha256:" + hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()
        return value

    def entry(self, kind, auth, request, response=None, error=""):
        """One line. Only what Vault hashes is hashed: data, tokens, accessors, chosen headers."""
        auth, request = dict(auth), dict(request)
        for key in ("client_token", "accessor"):
            if key in auth:
                auth[key] = self.hashed(auth[key])
        for key in ("client_token", "client_token_accessor"):
            if key in request:
                request[key] = self.hashed(request[key])
        if "data" in request:
            request["data"] = self.hashed(request["data"])
        whole = {"time": now(), "type": kind, "auth": auth, "request": request}
        if response is not None:
            whole["response"] = dict(response, data=self.hashed(response.get("data", {})))
        if error:
            whole["error"] = error
        return (self.prefix + json.dumps(whole, separators=(",", ":")) + "\n").encode()

    def log(self, *arguments, **more):
        try:
            self.write(self.entry(*arguments, **more))
        except OSError:
            self.failures += 1

    def close(self):
        pass


class File(Device):
    def __init__(self, path, **more):
        super().__init__(**more)
        self.path = path
        self.reopen()

    def reopen(self):
        """What Vault does at SIGHUP."""
        old, self.file = getattr(self, "file", None), open(self.path, "ab", buffering=0)
        if old:
            old.close()

    def rotate(self):
        number = 1
        while os.path.exists(f"{self.path}.{number}"):
            number += 1
        os.rename(self.path, f"{self.path}.{number}")
        self.reopen()

    def write(self, line):
        self.file.write(line)

    def close(self):
        self.file.close()


class Socket(Device):
    """Connects when it has something to say, and again once when its connection has broken, as Vault's does."""

    def __init__(self, address, **more):
        super().__init__(**more)
        self.address = address  # "unix:/path" or "tcp:127.0.0.1:port"
        self.connection = None

    def connect(self):
        kind, _, where = self.address.partition(":")
        if kind == "unix":
            made = socket.socket(socket.AF_UNIX)
        else:
            made = socket.socket(socket.AF_INET)
            host, _, port = where.rpartition(":")
            where = (host, int(port))
        made.settimeout(2)  # write_timeout
        made.connect(where)
        self.connection = made

    def write(self, line):
        for _ in range(2):
            try:
                if self.connection is None:
                    self.connect()
                return self.connection.sendall(line)
            except OSError:
                self.close()
        raise ConnectionError(self.address)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None
