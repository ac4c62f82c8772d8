# SPDX-License-Identifier: Apache-2.0
"""Kernels of Debian, unpacked beside each other; nothing of the system's own package lists is touched."""

import os
import pathlib
import re
import subprocess
import time

SUITES = [("debian", "bullseye"), ("debian-security", "bullseye-security"), ("debian", "bookworm"),
          ("debian", "bookworm-updates"), ("debian-security", "bookworm-security"), ("debian", "bookworm-backports")]
STALE = 12 * 3600


def _run(*command, **more):
    return subprocess.run(command, check=True, text=True, stdin=subprocess.DEVNULL, timeout=300, **more)


def _mirror():
    """The one that this system uses already."""
    uris = _run("apt-get", "indextargets", "--format", "$(REPO_URI)", capture_output=True).stdout.split()
    for uri in uris:
        if uri.endswith("/debian/"):
            return uri.removesuffix("/debian/")
    raise SystemExit(f"kernels: no Debian mirror among the package sources of this system: {sorted(set(uris))}")


class Kernels:
    def __init__(self, where):
        self.where = pathlib.Path(where).absolute()
        lists = self.where / "apt" / "lists"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        sources = self.where / "apt" / "sources.list"
        mirror = _mirror()
        sources.write_text("".join(f"deb {mirror}/{path} {suite} main\n" for path, suite in SUITES))
        self.options = ["-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-",
                        "-o", f"Dir::State::Lists={lists}", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
        newest = max((each.stat().st_mtime for each in lists.glob("*Packages*")), default=0)
        if time.time() - newest > STALE:
            _run("apt-get", *self.options, "update", "-qq")

    def get(self, series):
        """The newest cloud kernel of a series such as "6.1" that the mirror really has: its directory."""
        names = _run("apt-cache", *self.options, "search", "--names-only", r"^linux-image-[0-9].*-cloud-amd64$",
                     capture_output=True).stdout.split("\n")
        names = [name.split()[0] for name in names if re.match(rf"linux-image-{re.escape(series)}\.\d", name)]
        names.sort(key=lambda name: [int(part) for part in re.findall(r"\d+", name)], reverse=True)
        for name in names[:6]:
            target = self.where / name.removeprefix("linux-image-")
            if target.is_dir() or self._unpack(name, target):
                return target
        raise SystemExit(f"kernels: the mirror offers no kernel {series} (looked for: {names[:6]})")

    def _unpack(self, name, target):
        partial = target.with_suffix(".partial")
        subprocess.run(["rm", "-rf", partial], check=True)
        partial.mkdir()
        # apt gives downloads to a user of its own, who has to be able to write here.
        os.chmod(partial, 0o777)
        try:
            _run("apt-get", *self.options, "download", "-qq", name, cwd=partial, capture_output=True)
        except subprocess.CalledProcessError:  # listed, but gone from the pool
            return False
        for package in partial.glob("*.deb"):
            _run("dpkg-deb", "--extract", package, partial)
            package.unlink()
        partial.rename(target)
        return True
