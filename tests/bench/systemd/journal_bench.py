#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Entries of a journal per second of processor time: the agent with its systemd collector, and journalctl -o export on
the same files in the same run. The files are made by systemd-journal-remote. Run as `./dev bench journal [--quick]`."""

import argparse
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(TREE / "tests" / "support" / each) for each in ("agent", "systemd")]
import journals
import pages
import usage

UNITS = 7


def entries(count):
    """As a service writes them: fourteen fields and what journald adds to tell where they are from."""
    for i in range(count):
        unit = f"app{i % UNITS}"
        yield {"MESSAGE": f"request {i} answered in {i % 977} us", "PRIORITY": "6", "SYSLOG_IDENTIFIER": unit,
               "CODE_LINE": str(i % 300), "_PID": str(1000 + i % 50), "_UID": "0", "_GID": "0", "_COMM": unit,
               "_EXE": f"/usr/bin/{unit}", "_SYSTEMD_UNIT": f"{unit}.service", "_HOSTNAME": "bench",
               "_MACHINE_ID": "0" * 31 + "1", "_TRANSPORT": "journal", "_SYSTEMD_CGROUP": f"/system.slice/{unit}.service"}


def read_by_agent(build, journal, work, count):
    shelf = work / "plugins"
    shelf.mkdir(mode=0o755)
    for source in (build / "lib/sonde/plugins/systemd.so", build / "tests/bench/ebpf/plugins/sink.so"):
        shutil.copy(source, shelf)
    config = work / "sonde.toml"
    config.write_text(f'[host]\nrun_dir = "{work}/run"\n[[collectors]]\ntype = "systemd"\n[collectors.config]\n'
                      f'units = false\njournal_directory = "{journal}"\nbegin = "oldest"\nstate_dir = "{work}/state"\n'
                      '[[encoders]]\ntype = "sink"\ndelivery = "lossless"\n')
    agent = subprocess.Popen([build / "bin/sonde", "run", "--config", config, "--plugin-dir", shelf],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(work / "log", "wb"))
    samples, begun = [], time.monotonic()
    try:
        while True:
            time.sleep(0.05)
            if agent.poll() is not None or time.monotonic() - begun > 300:
                raise SystemExit("the agent did not read all:\n" + (work / "log").read_text()[-2000:])
            try:
                told = pages.get(work / "run/sonde.sock", "/modules/systemd/check").json["journal"]["entries"]
            except (OSError, KeyError, ValueError):
                continue
            # Mapped journal files are the page cache's.
            samples.append((told, usage.kibibytes(agent.pid, "RssAnon") / 1024))
            if told >= count:
                return usage.processor_seconds(agent.pid), time.monotonic() - begun, samples
    finally:
        agent.terminate()
        agent.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 entries instead of 1,000,000")
    parser.add_argument("--entries", type=int)
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build/release")
    parser.add_argument("--journal", type=pathlib.Path, help="an existing directory of journal files with --entries entries")
    options = parser.parse_args()
    if not options.journal and (reason := journals.why_not()):
        raise SystemExit(reason)
    count = options.entries or (100_000 if options.quick else 1_000_000)
    # Beside the build: plugins are not loaded from places that everybody can write to.
    with tempfile.TemporaryDirectory(dir=options.build) as name:
        work = pathlib.Path(name)
        journal = options.journal or work / "journal"
        if not options.journal:
            journal.mkdir()
            begun = time.monotonic()
            journals.write(journal / "bench.journal", entries(count))
            print(f"made {count:,} entries in {time.monotonic() - begun:.0f} s", flush=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.monotonic()
        subprocess.run(["journalctl", "-D", str(journal), "-o", "export"], stdout=subprocess.DEVNULL, check=True)
        wall = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"journalctl -o export   {count / used:>10,.0f} entries/s of a core   {wall:.1f} s")
        used, wall, samples = read_by_agent(options.build, journal, work, count)
        early = next((rss for told, rss in samples if told > count / 10), 0.0)
        print(f"sonde, systemd         {count / used:>10,.0f} entries/s of a core   {wall:.1f} s   "
              f"memory {early:.1f} MiB after a tenth, {max(rss for _, rss in samples):.1f} MiB at most")


if __name__ == "__main__":
    main()
