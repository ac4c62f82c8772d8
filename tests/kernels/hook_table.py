# SPDX-License-Identifier: Apache-2.0
"""Which hook is attached as what on each kernel, from what the tests of the collector print: `hook|NAME|AS|WHY NOT`."""


def read(said):
    """The hooks of one guest, by name: how it is attached, and why not."""
    found = {}
    for line in said.splitlines():
        if line.startswith("hook|") and line.count("|") >= 3:
            _, hook, served, why = line.split("|", 3)
            found[hook] = (served, why)
    return found


def table(by_kernel):
    """A row per hook and a column per kernel; why something is not attached stands below it."""
    kernels = list(by_kernel)
    hooks = sorted({hook for each in by_kernel.values() for hook in each}, key=lambda hook: (" without " in hook, hook))
    if not hooks:
        return "no hooks were told"
    reasons, rows = [], [["hook", *kernels]]
    for hook in hooks:
        row = [hook]
        for kernel in kernels:
            served, why = by_kernel[kernel].get(hook, ("not asked", ""))
            if why:
                if why not in reasons:
                    reasons.append(why)
                served += f" [{reasons.index(why) + 1}]"
            row.append(served)
        rows.append(row)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join(lines + [f"[{number}] {why}" for number, why in enumerate(reasons, 1)])
