# SPDX-License-Identifier: Apache-2.0
"""Processes that end in each way that there is, and how the kernel says that they ended."""

import platform
import resource
import subprocess
import sys

SYS_EXIT = {"x86_64": 60, "aarch64": 93}[platform.machine()]
WAYS = {
    "exit": "import os; os._exit(3)",
    "exit_by_return": "raise SystemExit(255)",
    "exit_of_the_last_thread": f"import ctypes; ctypes.CDLL(None).syscall({SYS_EXIT}, 4)",  # not exit_group
    "exit_group_of_another_thread":
        "import os, threading, time; threading.Thread(target=os._exit, args=(5,)).start(); time.sleep(60)",
    "kill": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "term": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "fault": "import ctypes; ctypes.string_at(0)",
    "abort": "import os; os.abort()",
}


def no_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def all_of():
    """How each way ended: its pid, and its exit code and signal as its parent was told."""
    ended = {}
    for way, code in WAYS.items():
        with subprocess.Popen([sys.executable, "-S", "-c", code], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              cwd="/", preexec_fn=no_core) as child:
            child.wait(20)
        ended[way] = (child.pid, max(child.returncode, 0), max(-child.returncode, 0))
    return ended


def told(lines, topic, pid):
    """Exit code and signal in the event of the end; None if there is none yet."""
    for each in lines:
        if each["topic"] == topic and each.get("pid") == pid and each["payload"].get("kind") == "exit":
            return each["payload"].get("exit_code", 0), each["payload"].get("exit_signal", 0)
    return None
