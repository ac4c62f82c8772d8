# SPDX-License-Identifier: Apache-2.0
"""What tests have in common whose server is cut off. How long it took until the agent was told something new is read from
what the agent wrote."""

import contextlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "support" / "network"))
import harness
import switch
from harness import wait_for

# Retransmissions double from 0.2 s on: while the link is away so long, the next one is some 6 s off.
AWAY = 8.0
RETURN = 5.0


class Cut(harness.Case):
    def setUp(self):
        super().setUp()
        self.switch = switch.Switch(self)

    @contextlib.contextmanager
    def pulled(self, seconds=AWAY):
        """The cable is out for `seconds`, and while what is done meanwhile lasts."""
        begun = time.monotonic()
        self.switch.pull()
        try:
            yield
            time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
        finally:
            self.switch.plug()
            self.back = time.time()

    def first_after_return(self, agent, chosen):
        """Seconds from the cable's return to the first chosen line that was written after it."""
        def probe():
            return next((each["time_unix_nano"] / 1e9 for each in agent.lines()
                         if each["time_unix_nano"] / 1e9 > self.back and chosen(each)), None)
        took = wait_for(lambda: f"something after the return:\n{agent.log()[-2000:]}", probe) - self.back
        print(f"{took:.2f} s after the return of the link", flush=True)
        self.assertLess(took, RETURN)
        return took
