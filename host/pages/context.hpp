// SPDX-License-Identifier: Apache-2.0
// What the page groups share, and what a page group is: rows of method, path, summary and handler. The rows are also
// what the index page prints, so that it cannot differ from what is served.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/router.hpp"
#include "observe/deltas.hpp"
#include "pages/lag_watch.hpp"
#include "pages/liveness.hpp"
#include "pages/pages.hpp"
#include "pages/stats_book.hpp"

namespace sonde::pages {

struct context {
    explicit context(page_sources from)
        : sources(std::move(from)), heart(*sources.supervisor, sources.limits), deltas(*sources.metrics) {}

    const page_sources sources;
    liveness heart;
    stats_book stats;
    observe::deltas deltas;
    lag_watch lag;
};

// Handlers share the context, since one that is stuck in a plugin may return after everything else has gone.
using shared_context = std::shared_ptr<context>;

struct page {
    std::string method;
    std::string path;
    std::string summary;
    api::handler run;
    api::route_limits limits;
};
using page_list = std::vector<page>;

[[nodiscard]] page_list health_pages(const shared_context& of);
[[nodiscard]] page_list stats_pages(const shared_context& of);
[[nodiscard]] page_list plugins_pages(const shared_context& of);
[[nodiscard]] page_list lanes_pages(const shared_context& of);
[[nodiscard]] page_list config_pages(const shared_context& of);
[[nodiscard]] page_list threads_pages();
[[nodiscard]] page_list module_pages(const shared_context& of);
[[nodiscard]] page_list control_pages(const shared_context& of);
[[nodiscard]] page_list tap_pages(const shared_context& of);

// Each once; components of one module lie side by side in the registry.
[[nodiscard]] std::vector<loader::module_ptr> loaded_modules(const loader::registry& in);

// Metric sources.
void sample_lanes(context& of, observe::sample_sink& into);
void sample_status(const context& of, observe::sample_sink& into);

}  // namespace sonde::pages
