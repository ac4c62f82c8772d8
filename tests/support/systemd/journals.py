# SPDX-License-Identifier: Apache-2.0
"""Journal files made by systemd-journal-remote, and entries sent to a journald, in systemd's export and native forms."""

import array
import fcntl
import os
import socket
import struct
import subprocess
import tempfile

REMOTE = "/lib/systemd/systemd-journal-remote"
BOOT = "0123456789abcdef0123456789abcdef"


def why_not():
    return "" if os.access(REMOTE, os.X_OK) else "systemd-journal-remote is not installed"


def field(name, value):
    """One field, as both forms have it: NAME=value, or for bytes the name, the size and the value."""
    value = value.encode() if isinstance(value, str) else value
    if b"\n" in value or any(byte < 0x20 for byte in value[:4096]):
        return name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
    return name.encode() + b"=" + value + b"\n"


def export(entries, begin=1_700_000_000_000_000):
    for number, entry in enumerate(entries):
        head = {"__REALTIME_TIMESTAMP": str(begin + number), "__MONOTONIC_TIMESTAMP": str(1_000_000 + number),
                "_BOOT_ID": BOOT}
        yield b"".join(field(name, value) for name, value in (head | entry).items()) + b"\n"


def write(path, entries, begin=1_700_000_000_000_000):
    with tempfile.TemporaryFile() as source:
        for each in export(entries, begin):
            source.write(each)
        source.seek(0)
        subprocess.run([REMOTE, "-o", str(path), "-"], stdin=source, check=True, capture_output=True, timeout=120)


def send(path, fields):
    """To journald by its native protocol; what does not fit into a datagram goes as a file (systemd.io/JOURNAL_NATIVE_PROTOCOL)."""
    data = b"".join(field(name, value) for name, value in fields.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        if len(data) < 100_000:
            to.sendto(data, str(path))
            return
        file = os.memfd_create("entry", os.MFD_ALLOW_SEALING)
        try:
            os.write(file, data)
            # journald takes only files that can no longer change
            fcntl.fcntl(file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
            to.connect(str(path))
            to.sendmsg([b""], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
        finally:
            os.close(file)
