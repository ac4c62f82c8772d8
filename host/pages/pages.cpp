// SPDX-License-Identifier: Apache-2.0
#include "pages/pages.hpp"

#include <pthread.h>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include <fmt/format.h>

#include "pages/answer.hpp"
#include "pages/context.hpp"

namespace sonde::pages {

namespace {

page_list all_pages(const shared_context& of) {
    page_list all;
    for (page_list group : {health_pages(of), module_pages(of), control_pages(of), stats_pages(of), plugins_pages(of),
                            lanes_pages(of), config_pages(of), threads_pages(), tap_pages(of)}) {
        all.insert(all.end(), std::make_move_iterator(group.begin()), std::make_move_iterator(group.end()));
    }
    return all;
}

std::string index_of(const page_list& all) {
    std::string text = fmt::format("sonde {}\n\n", SONDE_VERSION);
    for (const auto& each : all) {
        text += fmt::format("{:<5}{:<32}{}\n", each.method, each.path, each.summary);
    }
    return text + "\nJSON pages take ?pretty.\n";
}

}  // namespace

struct pages::state {
    explicit state(page_sources from) : shared(std::make_shared<context>(std::move(from))) {}

    const shared_context shared;
    std::vector<std::uint64_t> metric_sources;
    std::mutex mutex;
    std::condition_variable_any due;
    std::jthread refresher;
};

pages::pages(page_sources sources) : state_(std::make_unique<state>(std::move(sources))) {
    refresh_stats();
    state_->refresher = std::jthread([this](const std::stop_token& stop) {
        ::pthread_setname_np(::pthread_self(), "sonde-stats");
        std::unique_lock lock(state_->mutex);
        while (!state_->due.wait_for(lock, stop, state_->shared->sources.api.stats_interval,
                                     [&] { return stop.stop_requested(); })) {
            refresh_stats();
        }
    });
}

pages::~pages() {
    state_->refresher.request_stop();
    state_->refresher.join();
    for (const std::uint64_t each : state_->metric_sources) {
        state_->shared->sources.metrics->remove_source(each);
    }
}

void pages::add_routes(api::router& to) {
    page_list all = all_pages(state_->shared);
    all.push_back(
        {"GET", "/", "This list", [text = index_of(all)](const api::request&) { return text_answer(text); }, {}});
    for (page& each : all) {
        if (auto added = to.add(each.method, each.path, std::move(each.run), std::move(each.limits)); !added) {
            state_->shared->sources.log->error("pages", added.error().message());
        }
    }
}

void pages::add_metric_sources() {
    context& of = *state_->shared;
    observe::registry& metrics = *of.sources.metrics;
    state_->metric_sources.push_back(
        metrics.add_source([&of](observe::sample_sink& into) { sample_status(of, into); }));
    state_->metric_sources.push_back(metrics.add_source([&of](observe::sample_sink& into) { sample_lanes(of, into); }));
}

void pages::refresh_stats() {
    context& of = *state_->shared;
    for (const auto& gone : of.stats.refresh(of.sources.supervisor->status(), *of.sources.metrics)) {
        of.deltas.forget(gone);
    }
}

}  // namespace sonde::pages
