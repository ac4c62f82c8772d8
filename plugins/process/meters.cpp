// SPDX-License-Identifier: Apache-2.0
#include "process/meters.hpp"

#include <string_view>

namespace sonde::process {
namespace {

constexpr std::array<std::string_view, proc_file_count> file_names{"stat", "status", "cmdline", "exe", "cgroup", "fd"};
constexpr std::array<std::string_view, 8> kind_names{"", "exec", "fork", "exit", "comm", "uid", "gid", "sample"};

}  // namespace

meters::meters(const host& on)
    : scans(on.make_counter("process.scans", "{scan}", "Full scans of /proc")),
      scan_duration(on.make_gauge("process.scan.duration", "ns", "Time from begin to end of the last full scan")),
      processes(on.make_gauge("process.count", "{process}", "Processes in the table")),
      polling(on.make_gauge("process.polling", "", "1 while events come from polling instead of the kernel")),
      ebpf(on.make_gauge("process.ebpf", "", "1 while processes come from the ebpf collector")),
      snapshots(on.make_counter("process.snapshots", "{snapshot}", "Whole snapshots of the ebpf collector")),
      incomplete(on.make_counter("process.snapshots.incomplete", "{snapshot}",
                                 "Snapshots of the ebpf collector that lacked a part")),
      opened(on.make_counter("process.files.opened", "{file}", "Files and directories opened in /proc")),
      lost(on.make_counter("process.events.lost", "{event}", "Kernel messages that the socket had no room for")),
      overruns(on.make_counter("process.socket.overruns", "{overrun}", "Times the kernel found the socket full")),
      malformed(on.make_counter("process.events.malformed", "{event}", "Truncated or foreign messages on the socket")),
      resyncs(on.make_counter("process.resyncs", "{scan}", "Scans that a loss of events made necessary")),
      table_full(on.make_counter("process.table.full", "{process}", "Processes left out because the table was full")) {
    for (std::size_t i = 1; i < events.size(); ++i) {
        events[i] = on.make_counter("process.events", "{event}", "Events by kind", {{"kind", kind_names[i]}});
    }
    for (std::size_t i = 0; i < proc_file_count; ++i) {
        parse_errors[i] = on.make_counter("process.parse.errors", "{file}", "Files of /proc in an unexpected format",
                                          {{"file", file_names[i]}});
        permission_errors[i] = on.make_counter("process.permission.errors", "{file}",
                                               "Files of /proc that may not be read", {{"file", file_names[i]}});
    }
}

}  // namespace sonde::process
