# SPDX-License-Identifier: Apache-2.0
"""A machine that boots a kernel with an initramfs of busybox and the given programs, runs one command and ends.
Emulated by qemu without hardware support, so it works anywhere, and takes seconds."""

import pathlib
import re
import shutil
import subprocess
import tempfile

INIT = """#!/bin/sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root TERM=dumb
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
mkdir -p /dev/shm; mount -t tmpfs t /dev/shm; mount -t tmpfs t /tmp
mount -t bpf b /sys/fs/bpf; mount -t cgroup2 c /sys/fs/cgroup; mount -t tracefs t /sys/kernel/tracing
mount -t securityfs s /sys/kernel/security; echo "+memory +pids" >/sys/fs/cgroup/cgroup.subtree_control
ulimit -l unlimited; ulimit -n 65536
ip link set lo up
[ ! -f /modules/order ] || while read -r each; do insmod "/modules/$each" || echo "insmod $each failed"; done </modules/order
sh /command </dev/null
code=$?
stty -F /dev/ttyS1 raw -echo
echo "exit=$code" >/dev/ttyS1
poweroff -f
"""


# Of a Python installation and of build directories: what no test needs.
LEFT_OUT = ("test", "__pycache__", "config-3*", "lib2to3", "ensurepip", "idlelib", "pydoc_data", "CMakeFiles", "*.dir", "*.o")


# Of the emulator, not of what is tested: a processor runs into the breakpoint by which another one patches the kernel's
# code, after that one has taken it back (seen with the processors of qemu 7.2 in threads of their own).
EMULATION_FAULT = "Oops: int3: 0000"
MOST_BOOTS = 3


class GuestDied(Exception):
    pass


def _is_program(path):
    """Or a shared library."""
    return path.is_file() and not path.is_symlink() and path.open("rb").read(4) == b"\x7fELF"


def _needs(program):
    """Shared libraries that a program is linked to; none, if it is no program."""
    if not _is_program(pathlib.Path(program)):
        return set()
    found = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(/[^ ]+)", found))


class Image:
    """The files of a guest, below a directory that is thrown away."""

    def __init__(self, kernel, where):
        self.kernel = pathlib.Path(kernel)
        self.root = pathlib.Path(where)
        for each in ("bin", "sbin", "usr/bin", "proc", "sys", "dev", "tmp", "run", "root", "etc", "modules"):
            (self.root / each).mkdir(parents=True)
        shutil.copy("/bin/busybox", self.root / "bin")
        for name in subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
            if name != "busybox":
                (self.root / "bin" / name).symlink_to("busybox")
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        (self.root / "init").write_text(INIT)
        (self.root / "init").chmod(0o755)

    @staticmethod
    def _strip(target):
        """All files of a guest lie in its memory: what only a debugger reads is nine tenths of a program."""
        programs = [each for each in ([target] if target.is_file() else target.rglob("*")) if _is_program(each)]
        if programs:
            subprocess.run(["strip", "--strip-debug", *programs], check=True)

    def add(self, source, target=None):
        """A file or a directory, under its own path or another, with the libraries that its programs need. Whoever means a
        program that busybox has too calls it by its path: the shell of busybox prefers its own."""
        source = pathlib.Path(source).absolute()
        target = self.root / str(target or source).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        else:
            shutil.copy(source, target)
        self._strip(target)
        for each in [target] if source.is_file() else target.rglob("*"):
            for library in _needs(each):
                place = self.root / library.lstrip("/")
                if not place.exists():
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(library, place)

    def add_module(self, name):
        """A kernel module and those it depends on; nothing, if it is built in."""
        modules = next((self.kernel / "lib/modules").iterdir())
        if not (modules / "modules.dep").exists():
            subprocess.run(["depmod", "-b", self.kernel, modules.name], check=True)
        for line in (modules / "modules.dep").read_text().splitlines():
            own, needed = line.split(":")
            if re.sub("[-_]", "_", pathlib.Path(own).name.split(".ko")[0]) == name.replace("-", "_"):
                for each in [*reversed(needed.split()), own]:
                    self._place_module(modules / each)

    def _place_module(self, path):
        name = path.name.split(".ko")[0] + ".ko"
        order = self.root / "modules/order"
        if order.exists() and name in order.read_text().split():
            return
        opened = {".xz": ["xz", "-dc"], ".zst": ["zstd", "-qdc"]}.get(path.suffix)
        data = subprocess.run([*opened, path], capture_output=True, check=True).stdout if opened else path.read_bytes()
        (self.root / "modules" / name).write_bytes(data)
        with order.open("a") as out:
            out.write(name + "\n")

    def run(self, command, *, seconds, memory=1024, arguments=""):
        """Boots and runs `command`: its exit code and what it printed. Once more, if the emulator failed."""
        (self.root / "command").write_text(command + "\n")
        with tempfile.TemporaryDirectory() as work:
            work = pathlib.Path(work)
            with open(work / "initramfs", "wb") as packed:
                names = subprocess.run(["find", "."], cwd=self.root, capture_output=True, check=True).stdout
                subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=self.root, input=names, stdout=packed, check=True)
            for boot in range(1, MOST_BOOTS + 1):
                code, said = self._boot(work, seconds, memory, arguments)
                if code is not None:
                    return code, said
                if EMULATION_FAULT not in said or boot == MOST_BOOTS:
                    raise GuestDied("ended without a result:\n" + said)
                print(f"{self.kernel.name}: the emulator failed ({EMULATION_FAULT}), boot {boot + 1}", flush=True)

    def _boot(self, work, seconds, memory, arguments):
        """The command's exit code, or None if the guest ended before, and what the console showed."""
        kernel = next((self.kernel / "boot").glob("vmlinuz-*"))
        console, result = work / "console", work / "result"
        result.unlink(missing_ok=True)
        machine = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
                   "-m", str(memory), "-nodefaults", "-no-reboot", "-display", "none", "-nic", "none",
                   "-kernel", kernel, "-initrd", work / "initramfs", "-serial", f"file:{console}",
                   "-serial", f"file:{result}", "-append",
                   f"console=ttyS0 quiet panic=-1 loglevel=3 mitigations=off random.trust_cpu=on {arguments}"]
        try:
            subprocess.run(machine, check=False, timeout=seconds, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise GuestDied(f"no end after {seconds} s:\n{self._text(console)}") from None
        code = re.search(r"exit=(\d+)", self._text(result))
        return int(code[1]) if code else None, self._text(console)

    @staticmethod
    def _text(path):
        return path.read_text(errors="replace").replace("\r", "") if path.exists() else ""
