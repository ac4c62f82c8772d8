# SPDX-License-Identifier: Apache-2.0
"""The answer to a watch of an API server for tests."""

import asyncio


class Stream:
    """The chunked body of a watch, with its fault."""

    def __init__(self, writer, table, server, rule):
        self.writer, self.table, self.server = writer, table, server
        self.rule = rule
        self.left = rule["after"] if rule and rule["action"] in ("cut", "stall", "truncate") else None

    async def frame(self, kind, item):
        self.table.counts["frames"] += 1
        return await self.write(b'{"type":"' + kind + b'","object":' + item + b"}\n")

    async def write(self, line):
        """False once the fault has struck."""
        self.table.counts["bytes"] += len(line)
        if self.left is not None and len(line) > self.left:
            part = line[:self.left]
            if part:
                self.writer.write(b"%x\r\n" % len(part) + part + b"\r\n")
            self.server.cuts += 1
            if self.rule["action"] == "truncate":
                await self.end()
            else:
                await self.writer.drain()
                if self.rule["action"] == "stall":
                    await asyncio.sleep(3600)
            return False
        if self.left is not None:
            self.left -= len(line)
        self.writer.write(b"%x\r\n" % len(line) + line + b"\r\n")
        await self.writer.drain()
        return True

    async def end(self):
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()
        return True
