// SPDX-License-Identifier: Apache-2.0
#include "container/meters.hpp"

#include "container/table.hpp"

namespace sonde::container {
namespace {

constexpr std::array<std::string_view, 6> action_names{"", "started", "updated", "exited", "deleted", "synced"};

}  // namespace

meters::meters(const host& on)
    : containers(on.make_gauge("container.count", "{container}", "Containers that are remembered")),
      table_full(on.make_counter("container.table.full", "{container}",
                                 "Times a container was left out because the table was full")),
      exits_unwatched(on.make_counter("container.exits.unwatched", "{container}",
                                      "Containers whose first process could not be watched")) {
    for (std::size_t i = 1; i < events.size(); ++i) {
        events[i] = on.make_counter("container.events", "{event}", "Events by action", {{"action", action_names[i]}});
    }
    for (std::size_t i = 1; i <= source_count; ++i) {
        const std::string_view of = name(static_cast<source>(i));
        answering[i] = on.make_gauge("container.source.answering", "{place}",
                                     "Sockets and directories of a source that answer", {{"source", of}});
        denied[i] = on.make_gauge("container.source.denied", "{place}",
                                  "Sockets and directories of a source that may not be used", {{"source", of}});
        failures[i] = on.make_counter("container.source.failures", "{failure}",
                                      "Connections to a runtime that failed or ended", {{"source", of}});
        requests[i] =
            on.make_counter("container.source.requests", "{request}", "Questions to a runtime", {{"source", of}});
        malformed[i] = on.make_counter("container.source.malformed", "{item}",
                                       "Answers and files that were not understood", {{"source", of}});
        directories[i] =
            on.make_gauge("container.source.directories", "{directory}", "Directories watched", {{"source", of}});
        directories_left_out[i] = on.make_counter("container.source.directories.left_out", "{directory}",
                                                  "Directories beyond the limit", {{"source", of}});
        overflows[i] =
            on.make_counter("container.source.overflows", "{overflow}",
                            "Times the kernel's queue of changes was full and all was read again", {{"source", of}});
    }
}

}  // namespace sonde::container
