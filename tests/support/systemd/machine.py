# SPDX-License-Identifier: Apache-2.0
"""A real systemd as the first process of namespaces of its own, with D-Bus and journald, in a directory of the test.

Its root is the machine's root file system, bound read-only, with file systems in memory over every place that systemd
and its helpers write to: /tmp above all, which systemd-tmpfiles would empty. It is ended by its process id."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

SYSTEMD = "/lib/systemd/systemd"
# They would change the machine, or need devices that are not there.
MASKED = """systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service systemd-tmpfiles-clean.timer
systemd-sysctl.service systemd-sysusers.service systemd-remount-fs.service systemd-udevd.service
systemd-udev-trigger.service systemd-random-seed.service systemd-modules-load.service kmod-static-nodes.service
systemd-machine-id-commit.service systemd-timesyncd.service systemd-update-utmp.service
systemd-update-utmp-runlevel.service systemd-binfmt.service systemd-boot-system-token.service systemd-firstboot.service
systemd-hwdb-update.service systemd-journal-catalog-update.service systemd-update-done.service ldconfig.service
keyboard-setup.service dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount
sys-fs-fuse-connections.mount sys-kernel-config.mount proc-sys-fs-binfmt_misc.automount swap.target
cryptsetup.target""".split()

TARGET = """[Unit]
DefaultDependencies=no
Requires=dbus.service systemd-journald.service
After=dbus.service systemd-journald.service
AllowIsolate=yes
"""

INNER = r"""set -e
mount --make-rprivate /
R=$D/root; mount --bind / $R; mount -o remount,bind,ro $R
if touch $R/.writable 2>/dev/null; then rm -f $R/.writable; echo "the root is writable" >&2; exit 9; fi
for d in tmp var/tmp root home etc/systemd var/lib var/log dev mnt; do mount -t tmpfs -o mode=755 t $R/$d; done
chmod 1777 $R/tmp $R/var/tmp
mkdir -p $R/dev/pts $R/dev/shm $R/mnt/old
mount -t devpts -o newinstance,ptmxmode=666 d $R/dev/pts; mount -t tmpfs t $R/dev/shm
ln -s pts/ptmx $R/dev/ptmx; ln -s /proc/self/fd $R/dev/fd
for n in null zero full random urandom tty; do touch $R/dev/$n; mount --bind /dev/$n $R/dev/$n; done
mount -t proc proc $R/proc; mount -t sysfs -o ro sysfs $R/sys; mount -t cgroup2 cgroup2 $R/sys/fs/cgroup
mount --bind $D/run $R/run
mkdir -p $R/etc/systemd/system $R/var/lib/systemd $R/var/lib/dbus $R/var/log/journal
cp -r $D/units/. $R/etc/systemd/system/
mount --bind $D/journal $R/var/log/journal
for u in $MASKED; do ln -s /dev/null $R/etc/systemd/system/$u; done
printf '[Manager]\nDefaultTimeoutStopSec=3s\nShowStatus=no\nLogLevel=info\n' >$R/etc/systemd/system.conf
printf '[Journal]\n%b\n' "$JOURNALD" >$R/etc/systemd/journald.conf
ip link set lo up
cd $R; pivot_root . mnt/old; umount -l /mnt/old
exec env -i container=sonde-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=test.target --log-target=journal --show-status=no
"""


def why_not():
    """Why this machine cannot run one; empty if it can."""
    if os.geteuid() != 0:
        return "namespaces with a systemd need root"
    for program in (SYSTEMD, "/usr/bin/dbus-daemon", "/usr/bin/busctl", "/usr/bin/unshare", "/usr/bin/nsenter"):
        if not os.access(program, os.X_OK):
            return f"there is no {program}"
    return "" if cgroup_root() else "there is no cgroup2 hierarchy"


def cgroup_root():
    for place in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
        if os.path.exists(f"{place}/cgroup.procs") and os.path.exists(f"{place}/cgroup.controllers"):
            return pathlib.Path(place)
    return None


class Machine:
    def __init__(self, directory, units=None, journald="Storage=persistent\\nForwardToSyslog=no\\nRateLimitBurst=0"):
        self.dir = pathlib.Path(directory)
        self.cgroup = cgroup_root() / f"sonde-test-{os.getpid()}-{self.dir.name}"
        self.journal = self.dir / "journal"
        self.process = None
        for name in ("run", "journal", "units", "root"):
            (self.dir / name).mkdir(parents=True)
        (self.dir / "units" / "test.target").write_text(TARGET)
        for name, text in (units or {}).items():
            (self.dir / "units" / name).parent.mkdir(exist_ok=True)
            (self.dir / "units" / name).write_text(text)
        self.journald = journald

    @property
    def bus(self):
        return f"unix:path={self.dir}/run/dbus/system_bus_socket"

    @property
    def private(self):
        return f"unix:path={self.dir}/run/systemd/private"

    def up(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "t", str(self.dir / "run")], check=True)
        for name in ("systemd", "dbus", "lock"):
            (self.dir / "run" / name).mkdir()
        self.cgroup.mkdir()
        # The process joins the cgroup first, so that the new cgroup namespace has that one as its root.
        join = f"echo 0 >{self.cgroup}/cgroup.procs; exec unshare --pid --fork --kill-child --mount --cgroup --ipc --uts --net " \
               f"bash {self.dir}/inner.sh"
        (self.dir / "inner.sh").write_text(INNER)
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", join], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={"PATH": os.environ["PATH"], "D": str(self.dir), "MASKED": " ".join(MASKED), "JOURNALD": self.journald})
        until = time.monotonic() + 30
        while not self.answers():
            if time.monotonic() > until or self.process.poll() is not None:
                log = (self.dir / "log").read_text(errors="replace")
                self.down()
                raise RuntimeError("systemd did not come up:\n" + log)
            time.sleep(0.1)
        return self

    def answers(self):
        return self.call("GetDefaultTarget").returncode == 0

    def call(self, method, *arguments):
        return subprocess.run(
            ["busctl", "--system", "--timeout=10", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
             "org.freedesktop.systemd1.Manager", method, *arguments], capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "DBUS_SYSTEM_BUS_ADDRESS": self.bus}, timeout=20)

    def unit(self, method, name):
        done = self.call(method, "ss", name, "replace")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)

    def start(self, name):
        self.unit("StartUnit", name)

    def stop(self, name):
        self.unit("StopUnit", name)

    def restart(self, name):
        self.unit("RestartUnit", name)

    def init(self):
        """Its process id outside: the only child of unshare."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])

    def inside(self, *command, **more):
        return subprocess.run(["nsenter", "-t", str(self.init()), "-a", *command], capture_output=True, text=True,
                              timeout=30, **more)

    def down(self):
        if self.process is not None and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)  # --kill-child takes systemd, and with it its whole pid namespace
        if self.process is not None:
            self.process.wait(30)
        subprocess.run(["umount", "-l", str(self.dir / "run")], capture_output=True)
        until = time.monotonic() + 10
        while self.cgroup.exists() and time.monotonic() < until:
            for directory, _, _ in os.walk(self.cgroup, topdown=False):
                try:
                    os.rmdir(directory)
                except OSError:
                    pass  # its last process has not gone yet
            time.sleep(0.05)
        shutil.rmtree(self.dir, ignore_errors=True)
