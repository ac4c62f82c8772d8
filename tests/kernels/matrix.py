#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs test programs in a guest of each kernel: what passes here passes there. Prints the output of each guest, and one
line per kernel at the end; fails if any failed."""

import argparse
import concurrent.futures
import pathlib
import sys
import tempfile
import time

import guest
import kernel_package


# An emulated processor makes about a hundred connections a second.
CONNECTIONS = 500


def boot(kernel, programs, modules, seconds, filter_):
    with tempfile.TemporaryDirectory() as work:
        image = guest.Image(kernel, pathlib.Path(work) / "root")
        for module in modules:
            image.add_module(module)
        for program in programs:
            image.add(program)
        paths = [str(pathlib.Path(each).absolute()) for each in programs]
        steps = "; ".join(f"SONDE_TEST_CONNECTIONS={CONNECTIONS} {path} --gtest_color=no {filter_} || code=1" for path in paths)
        try:
            return image.run(f"code=0; {steps}; exit $code", seconds=seconds)
        except guest.GuestDied as died:
            return 125, str(died)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", action="append", required=True, help="a series such as 6.1; may be repeated")
    parser.add_argument("--module", action="append", default=[], help="kernel module to load first; may be repeated")
    parser.add_argument("--cache", default="build/kernels", help="where kernels are kept")
    parser.add_argument("--seconds", type=int, default=300, help="longest time of one guest")
    parser.add_argument("--filter", default="", help="passed to GoogleTest")
    parser.add_argument("program", nargs="+", help="GoogleTest program")
    options = parser.parse_args()
    kernels = kernel_package.Kernels(options.cache)
    found = {series: kernels.get(series) for series in options.kernel}
    filter_ = f"--gtest_filter='{options.filter}'" if options.filter else ""
    lines = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        began = time.monotonic()
        running = {series: pool.submit(boot, where, options.program, options.module, options.seconds, filter_)
                   for series, where in found.items()}
        for series, each in running.items():
            code, said = each.result()
            print(f"\n--- kernel {found[series].name}\n{said}", flush=True)
            lines.append((series, found[series].name, code, time.monotonic() - began))
    print()
    for series, name, code, seconds in lines:
        print(f"{series:6} {name:34} {'passed' if code == 0 else f'FAILED ({code})':14} after {seconds:.0f} s")
    return 0 if all(code == 0 for _, _, code, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
