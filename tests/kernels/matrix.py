#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs tests in a guest of each kernel: what passes here passes there. GoogleTest programs run on all kernels; end to end
tests with a whole agent on one of them; and one guest is locked down. Prints the output of each guest, then which hook is
attached as what on each kernel, and one line per guest; fails if any failed."""

import argparse
import concurrent.futures
import pathlib
import shutil
import sys
import tempfile
import time

import guest
import hook_table
import kernel_package

# An emulated processor makes about a hundred connections a second, and starts a collector in one to two seconds.
FEWER = "SONDE_TEST_CONNECTIONS=500 SONDE_TEST_STARTS=20"
LOCKED_DOWN = "lsm=lockdown,bpf lockdown=confidentiality"
TESTS = pathlib.Path(__file__).resolve().parent.parent
E2E = TESTS / "e2e"
PYTHON = pathlib.Path("/usr/bin/python3")


def program_steps(programs, filter_):
    return [f"{FEWER} {pathlib.Path(each).absolute()} --gtest_color=no {filter_} || code=1"
            for each in programs]


def agent_steps(build, tests):
    """End to end tests, with the agent of that build; 77 says that all of a file's tests were skipped."""
    settings = {"E2E_SONDE": build / "bin/sonde", "E2E_PLUGINS": build / "lib/sonde/plugins", "E2E_SAMPLES": build / "tests/plugins",
                "E2E_WORK": "/work", "E2E_MAY_SET_CLOCK": 1, "E2E_GUEST": 1}
    words = " ".join(f"{key}={value}" for key, value in settings.items())
    return ["mkdir -p -m 755 /work"] + [
        f"{words} {PYTHON.resolve()} -B {E2E}/{each.split(':')[0]}_test.py {' '.join(each.split(':')[1:])} || [ $? = 77 ] || code=1"
        for each in tests]


def boot(kernel, files, modules, seconds, steps, arguments=""):
    """Boots, runs the steps, each of which sets `code` if it fails: exit code, output, seconds."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        image = guest.Image(kernel, pathlib.Path(work) / "root")
        for module in modules:
            image.add_module(module)
        for each in files:
            image.add(each)
        try:
            code, said = image.run(f"code=0; {'; '.join(steps)}; exit $code", seconds=seconds, arguments=arguments)
        except guest.GuestDied as died:
            code, said = 125, str(died)
    return code, said, time.monotonic() - began


def agent_files(build):
    library = next(pathlib.Path("/usr/lib").glob(f"{PYTHON.resolve().name}/os.py")).parent
    return [build / "bin/sonde", build / "lib/sonde/plugins", build / "tests/plugins", E2E, TESTS / "support/agent",
            PYTHON.resolve(), library]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernel", action="append", required=True, help="a series such as 6.1; may be repeated")
    parser.add_argument("--module", action="append", default=[], help="kernel module to load first; may be repeated")
    parser.add_argument("--file", action="append", default=[], help="program that tests call; may be repeated")
    parser.add_argument("--cache", default="build/kernels", help="where kernels are kept")
    parser.add_argument("--seconds", type=int, default=900, help="longest time of one guest, on a busy machine too")
    parser.add_argument("--filter", default="", help="passed to GoogleTest")
    parser.add_argument("--build", type=pathlib.Path, help="build directory with the agent of the end to end tests")
    parser.add_argument("--agent-kernel", help="the kernel that they run on, one of --kernel")
    parser.add_argument("--agent-test", action="append", default=[], help="FILE, or FILE:TEST; may be repeated")
    parser.add_argument("program", nargs="*", help="GoogleTest program")
    options = parser.parse_args()
    kernels = kernel_package.Kernels(options.cache)
    found = {series: kernels.get(series) for series in options.kernel}
    filter_ = f"--gtest_filter='{options.filter}'" if options.filter else ""
    tools = [each for each in map(shutil.which, options.file) if each]
    guests = []
    if options.program:
        guests += [(series, (where, options.program + tools, options.module, options.seconds,
                             program_steps(options.program, filter_))) for series, where in found.items()]
        guests.append((f"{options.kernel[-1]} locked down", (
            found[options.kernel[-1]], options.program, [], options.seconds,
            program_steps(options.program, "--gtest_filter='EbpfLockedDown*'"), LOCKED_DOWN)))
    if options.agent_test:
        build = options.build.absolute()
        guests.append((f"{options.agent_kernel} agent", (
            found[options.agent_kernel], agent_files(build) + tools, options.module, options.seconds,
            agent_steps(build, options.agent_test))))
    lines, hooks = [], {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        running = [(name, pool.submit(boot, *what)) for name, what in guests]
        for name, each in running:
            code, said, seconds = each.result()
            print(f"\n--- kernel {name}\n{said}", flush=True)
            lines.append((name, code, seconds))
            if name in found:
                hooks[found[name].name] = hook_table.read(said)
    print(f"\n{hook_table.table(hooks)}\n")
    for name, code, seconds in lines:
        print(f"{name:20} {'passed' if code == 0 else f'FAILED ({code})':14} in {seconds:.0f} s")
    return 0 if all(code == 0 for _, code, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
