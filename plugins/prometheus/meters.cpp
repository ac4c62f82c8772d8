// SPDX-License-Identifier: Apache-2.0
#include "prometheus/meters.hpp"

namespace sonde::prometheus {
namespace {

constexpr std::array<std::string_view, trouble_count> trouble_names{
    "none",      "name_lookup", "unreachable", "tls",          "timeout",        "broken",           "unauthorized",
    "not_found", "redirected",  "bad_query",   "server_error", "body_too_large", "too_many_samples", "malformed"};

}  // namespace

std::string_view name(trouble of) noexcept { return trouble_names[static_cast<std::size_t>(of)]; }

source_meters::source_meters(const host& on, std::string_view kind)
    : requests(on.make_counter("prometheus.requests", "{request}", "Requests, with repeated ones", {{"kind", kind}})),
      retries(on.make_counter("prometheus.retries", "{request}",
                              "Requests repeated after a failure before the next "
                              "tick",
                              {{"kind", kind}})),
      missed(on.make_counter("prometheus.missed", "{tick}", "Ticks that passed while the answer before was awaited",
                             {{"kind", kind}})),
      samples(on.make_counter("prometheus.samples", "{sample}", "Samples that were told", {{"kind", kind}})),
      bytes(on.make_counter("prometheus.bytes", "By", "Bytes of answers, unpacked", {{"kind", kind}})),
      lost(on.make_counter("prometheus.lost", "{sample}", "Samples for which the lane had no room", {{"kind", kind}})),
      failing(on.make_gauge("prometheus.failing", "{item}", "Queries or targets without a usable answer",
                            {{"kind", kind}})),
      duration(
          on.make_gauge("prometheus.duration", "ns", "Time until the last answer was complete", {{"kind", kind}})) {
    for (std::size_t i = 1; i < failures.size(); ++i) {
        failures[i] = on.make_counter("prometheus.failures", "{request}", "Requests without a usable answer, by reason",
                                      {{"kind", kind}, {"reason", trouble_names[i]}});
    }
}

meters::meters(const host& on)
    : query(on, "query"), scrape(on, "scrape"),
      warnings(on.make_counter("prometheus.warnings", "{warning}", "Warnings that came with answers to queries")),
      infos(on.make_counter("prometheus.infos", "{info}", "Informational annotations that came with them")),
      stale(on.make_counter("prometheus.stale", "{series}", "Series of targets that were told as stale")),
      left_out(on.make_counter("prometheus.left_out", "{step}",
                               "Steps of queries with a range that were not caught up with")),
      skipped_texts(on.make_counter("prometheus.skipped_texts", "{sample}",
                                    "Answers to queries that are texts and not numbers")) {}

}  // namespace sonde::prometheus
