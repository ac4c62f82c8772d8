// SPDX-License-Identifier: Apache-2.0
#include "cni/meters.hpp"

#include <string_view>

namespace sonde::cni {
namespace {

constexpr std::array<std::string_view, 6> parts{"", "logs", "operations", "config", "results", "network"};
constexpr std::array<std::string_view, 7> operation_names{"unknown", "add", "del", "check", "gc", "status", "version"};

}  // namespace

meters::meters(const host& on)
    : log_lines(on.make_counter("cni.log.lines", "{line}", "Lines that were read")),
      log_bytes(on.make_counter("cni.log.bytes", "By", "Bytes of lines that were read")),
      log_truncated(on.make_counter("cni.log.truncated", "{line}", "Lines that were cut at line_limit")),
      log_rotations(on.make_counter("cni.log.rotations", "{rotation}", "Files that were renamed or removed")),
      log_truncations(on.make_counter("cni.log.truncations", "{truncation}", "Files that were truncated")),
      log_lost_generations(on.make_counter("cni.log.lost_generations", "{file}",
                                           "Files that were gone before they were known to be read to their end")),
      log_lost_bytes(
          on.make_counter("cni.log.lost_bytes", "By", "Bytes that were truncated away before they were read")),
      log_not_understood(on.make_counter("cni.log.not_understood", "{line}", "Lines of which only the text is told")),
      waits(on.make_counter("cni.log.waits", "{wait}", "Times reading waited because the lane was full")),
      positions_saved(on.make_counter("cni.log.positions.saved", "{position}", "Positions saved")),
      position_failures(
          on.make_counter("cni.log.positions.failures", "{failure}", "Positions that could not be saved")),
      positions_lost(on.make_counter("cni.log.positions.lost", "{position}", "Saved positions that were corrupt")),
      configs(on.make_gauge("cni.configs", "{file}", "Configurations that are followed")),
      config_malformed(on.make_counter("cni.config.malformed", "{file}", "Configurations that could not be read")),
      results(on.make_gauge("cni.results", "{result}", "Results that are kept by runtimes")),
      leases(on.make_gauge("cni.leases", "{lease}", "Addresses that host-local has given out")),
      results_malformed(on.make_counter("cni.results.malformed", "{file}", "Results that could not be read")),
      left_out(on.make_counter("cni.left_out", "{object}", "Results, leases, links and namespaces beyond a limit")),
      links(on.make_gauge("cni.links", "{link}", "Network interfaces that are known")),
      namespaces(on.make_gauge("cni.namespaces", "{namespace}", "Names of network namespaces")),
      netlink_overruns(on.make_counter("cni.netlink.overruns", "{overrun}",
                                       "Times the kernel told more than could be taken; then all is asked again")),
      environments_missed(on.make_counter("cni.operations.environments_missed", "{run}",
                                          "Runs that ended before their environment could be read")),
      operations_unfinished(on.make_counter("cni.operations.unfinished", "{run}", "Runs whose end was not told")),
      operations_running(
          on.make_gauge("cni.operations.running", "{run}", "Runs that were noticed and have not ended")) {
    for (std::size_t i = 1; i < parts.size(); ++i) {
        events[i] = on.make_counter("cni.events", "{event}", "Events told, by part", {{"part", parts[i]}});
        lost[i] = on.make_counter("cni.events.lost", "{event}", "Events for which the lane had no room",
                                  {{"part", parts[i]}});
    }
    for (std::size_t i = 0; i < operation_names.size(); ++i) {
        operations[i] = on.make_counter("cni.operations", "{run}", "Runs of plugins that ended",
                                        {{"operation", operation_names[i]}});
        failures[i] = on.make_counter("cni.operations.failed", "{run}", "Runs of plugins that failed",
                                      {{"operation", operation_names[i]}});
        operation_time[i] = on.make_counter("cni.operations.time", "ns", "Time that runs of plugins took",
                                            {{"operation", operation_names[i]}});
    }
}

}  // namespace sonde::cni
