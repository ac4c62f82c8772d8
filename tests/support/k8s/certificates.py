# SPDX-License-Identifier: Apache-2.0
"""An authority and certificates for servers and clients under test, made by openssl when needed. Nothing is kept."""

import base64
import pathlib
import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, capture_output=True)


class Authority:
    def __init__(self, directory, name="test authority"):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.key = self.dir / "ca.key"
        self.certificate = self.dir / "ca.crt"
        self._new_key(self.key)
        _openssl("req", "-x509", "-new", "-key", self.key, "-days", "2", "-subj", f"/CN={name}", "-out",
                 self.certificate, "-addext", "basicConstraints=critical,CA:TRUE", "-addext",
                 "keyUsage=critical,keyCertSign,cRLSign")

    @staticmethod
    def _new_key(path):
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)

    def issue(self, name, *, group="", hosts=("DNS:localhost", "IP:127.0.0.1")):
        """Certificate and key for a server, or for a client whose user is `name`."""
        key, request, certificate, extensions = (self.dir / f"{name}.{end}" for end in ("key", "csr", "crt", "ext"))
        self._new_key(key)
        subject = f"/O={group}/CN={name}" if group else f"/CN={name}"
        _openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        extensions.write_text(f"subjectAltName={','.join(hosts)}\nextendedKeyUsage=serverAuth,clientAuth\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial",
                 "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key


def kubeconfig(server, token="good-token"):
    ca = base64.b64encode(pathlib.Path(server.authority.certificate).read_bytes()).decode()
    return (f"apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: test\n  cluster:\n"
            f"    server: {server.url}\n    certificate-authority-data: {ca}\ncontexts:\n- name: test\n  context:\n"
            f"    cluster: test\n    user: agent\nusers:\n- name: agent\n  user:\n    token: {token}\n")
