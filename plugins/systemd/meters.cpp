// SPDX-License-Identifier: Apache-2.0
#include "systemd/meters.hpp"

namespace sonde::systemd {
namespace {

constexpr std::array<std::string_view, 9> priorities{"emerg",  "alert", "crit",  "err", "warning",
                                                     "notice", "info",  "debug", "none"};
constexpr std::array<std::string_view, 7> unit_actions{"", "listed", "new", "changed", "removed", "sampled", "synced"};
constexpr std::array<std::string_view, 3> job_actions{"", "new", "removed"};

}  // namespace

meters::meters(const host& on)
    : bytes(on.make_counter("systemd.journal.bytes", "By", "Bytes of the fields of entries that were told")),
      skipped(on.make_counter("systemd.journal.skipped", "{entry}", "Entries left out by patterns of units")),
      truncated(on.make_counter("systemd.journal.truncated", "{field}", "Fields that were cut at a limit")),
      left_out(on.make_counter("systemd.journal.left_out", "{field}", "Fields for which entry_limit had no room")),
      malformed(on.make_counter("systemd.journal.malformed", "{entry}", "Entries that could not be read")),
      passed_over(on.make_counter("systemd.journal.passed_over", "{entry}",
                                  "Entries that were in no file, by the gaps in their numbers")),
      waits(on.make_counter("systemd.journal.waits", "{wait}", "Times reading waited because the lane was full")),
      positions_lost(on.make_counter("systemd.journal.positions.lost", "{position}",
                                     "Saved positions that were corrupt, or whose entry was gone")),
      positions_saved(on.make_counter("systemd.journal.positions.saved", "{position}", "Positions saved")),
      position_failures(
          on.make_counter("systemd.journal.positions.failures", "{failure}", "Positions that could not be saved")),
      journal_opens(on.make_counter("systemd.journal.opens", "{open}", "Times the journal was opened")),
      lag(on.make_gauge("systemd.journal.lag", "ns", "Age of the entry that was told last, when it was told")),
      units_left_out(on.make_counter("systemd.units.left_out", "{unit}", "Units beyond unit_limit")),
      bus_messages(on.make_counter("systemd.bus.messages", "{message}", "Messages from the bus")),
      bus_connects(on.make_counter("systemd.bus.connects", "{connection}", "Connections to the bus, with the first")),
      bus_failures(on.make_counter("systemd.bus.failures", "{failure}", "Connections that failed or ended")),
      bus_lists(on.make_counter("systemd.bus.lists", "{list}", "Lists of all units")),
      bus_connected(on.make_gauge("systemd.bus.connected", "1", "1 while systemd answers on the bus")) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        entries[i] = on.make_counter("systemd.journal.entries", "{entry}", "Entries that were told, by priority",
                                     {{"priority", priorities[i]}});
    }
    const auto files = [&](std::string_view state) {
        return on.make_gauge("systemd.journal.files", "{file}", "Files of the journal", {{"state", state}});
    };
    files_usable = files("usable");
    files_corrupt = files("corrupt");
    files_set_aside = files("set_aside");
    files_denied = files("denied");
    for (std::size_t i = 0; i < units.size(); ++i) {
        units[i] = on.make_gauge("systemd.units", "{unit}", "Units that are remembered, by state",
                                 {{"state", state_names[i]}});
    }
    for (std::size_t i = 1; i < unit_events.size(); ++i) {
        unit_events[i] =
            on.make_counter("systemd.unit.events", "{event}", "Events of units", {{"action", unit_actions[i]}});
    }
    for (std::size_t i = 1; i < job_events.size(); ++i) {
        job_events[i] =
            on.make_counter("systemd.job.events", "{event}", "Events of jobs", {{"action", job_actions[i]}});
    }
}

}  // namespace sonde::systemd
