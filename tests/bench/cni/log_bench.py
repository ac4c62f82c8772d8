#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What following a CNI log costs the agent: a log that grows by a given rate and is rotated each ten seconds, the share
of a core that the agent takes for it, and whether it has read every line. Run as `./dev bench cni_log [--quick]`."""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(TREE / "tests" / "support" / "agent"))
import pages
from usage import kibibytes, processor_seconds

LINES = (
    '{{"level":"info","ts":"2026-11-21T10:00:00.123Z","msg":"Processing ADD command","containerId":"c{0}",'
    '"netns":"/var/run/netns/cni-{0}","ifName":"eth0","pod":"web-{0}","component":"azure-vnet"}}\n',
    '2026-11-21 10:00:00.223 [INFO][1234] ipam/ipam_plugin.go 268: Calico CNI IPAM assigned addresses IPv4=[10.1.2.3/26] '
    'ContainerID="c{0}" Namespace="shop" Pod="web-{0}"\n',
    'time="2026-11-21T10:00:00Z" level=info msg="cmdAdd" plugin=bridge containerID=c{0} ifName=eth0 pod=web-{0}\n')


def lines_read(api):
    try:
        return pages.total(pages.get(api, "/metrics").text, "sonde_cni_log_lines_total", {}) or 0
    except OSError:
        return 0


def write(path, seconds, rate, rotation):
    """Pieces of a second's fiftieth; returns lines and bytes."""
    piece = "".join(LINES[i % 3].format(i) for i in range(max(1, int(rate / 50 / 160)))).encode()
    begun = turned = time.monotonic()
    pieces = 0
    log = open(path, "ab", buffering=0)
    while (now := time.monotonic()) - begun < seconds:
        if now - turned >= rotation:
            turned = now
            os.rename(path, f"{path}.1")
            log.close()
            log = open(path, "ab", buffering=0)
        if pieces * len(piece) < (now - begun) * rate:
            log.write(piece)
            pieces += 1
        else:
            time.sleep(0.005)
    log.close()
    return pieces * piece.count(b"\n"), pieces * len(piece)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="twelve seconds instead of sixty")
    parser.add_argument("--rate", type=float, default=500.0, help="MB a minute")
    parser.add_argument("--build", type=pathlib.Path, default=TREE / "build/release")
    options = parser.parse_args()
    options.build = options.build.resolve()
    seconds = 12 if options.quick else 60
    # Beside the build: plugins are not loaded from places that everybody can write to.
    with tempfile.TemporaryDirectory(dir=options.build) as name:
        work = pathlib.Path(name)
        shelf = work / "plugins"
        shelf.mkdir(mode=0o755)
        for source in (options.build / "lib/sonde/plugins/cni.so", options.build / "tests/bench/ebpf/plugins/sink.so"):
            shutil.copy(source, shelf)
        log, config = work / "cni.log", work / "sonde.toml"
        log.touch()
        config.write_text(f'[host]\nrun_dir = "{work}/run"\n[[collectors]]\ntype = "cni"\n[collectors.config]\n'
                          f'log_paths = ["{log}"]\nstate_dir = "{work}/state"\nlog_begin = "beginning"\nconfig = false\n'
                          'results = false\nnetwork = false\noperations = false\n'
                          '[[encoders]]\ntype = "sink"\ndelivery = "lossless"\n')
        agent = subprocess.Popen([options.build / "bin/sonde", "run", "--config", config, "--plugin-dir", shelf],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(work / "err", "wb"))
        try:
            api = f"{work}/run/sonde.sock"
            until = time.monotonic() + 10
            while not os.path.exists(api) and time.monotonic() < until:
                time.sleep(0.05)
            before, begun = processor_seconds(agent.pid), time.monotonic()
            lines, size = write(str(log), seconds, options.rate * 1e6 / 60, 10)
            share = (processor_seconds(agent.pid) - before) / (time.monotonic() - begun)
            until = time.monotonic() + 30
            while (read := lines_read(api)) < lines and time.monotonic() < until:
                time.sleep(0.05)
            used = processor_seconds(agent.pid) - before
            print(f"written {lines:,} lines, {size / 1e6:.0f} MB in {seconds} s; read {int(read):,}; "
                  f"{share * 100:.1f} % of a core, {size / 1e6 / used:.0f} MB and {lines / used:,.0f} lines per second of "
                  f"a core; memory {kibibytes(agent.pid, 'RssAnon') / 1024:.1f} MiB")
            if read != lines:
                raise SystemExit("lines were lost or doubled:\n" + (work / "err").read_text()[-2000:])
        finally:
            agent.terminate()
            agent.wait(30)


if __name__ == "__main__":
    main()
