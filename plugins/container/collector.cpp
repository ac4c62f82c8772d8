// SPDX-License-Identifier: Apache-2.0
#include "container/collector.hpp"

#include <algorithm>
#include <random>

namespace sonde::container {
namespace {

constexpr std::size_t most_sockets = 4;

}  // namespace

result<void> collector::configure(const settings& values) {
    values_ = read_options(values);
    for (const auto& [key, sockets] :
         {std::pair("cri_sockets", &values_.cri_sockets), std::pair("containerd_sockets", &values_.containerd_sockets),
          std::pair("docker_sockets", &values_.docker_sockets)}) {
        if (sockets->size() > most_sockets) {
            return fail(errc::invalid, "at most four sockets can be asked", key);
        }
    }
    return {};
}

result<void> collector::start() {
    if (auto opened = out_.open(); !opened) {
        return opened;
    }
    const std::lock_guard lock(mutex_);
    engine_.emplace(host_, values_, meters_, out_, std::random_device{}());
    return {};
}

result<void> collector::run(run_context& until) {
    // The engine is replaced by start and stop only, which never run beside this.
    {
        const std::lock_guard lock(mutex_);
        if (auto begun = engine_->start(); !begun) {
            return begun;
        }
    }
    for (;;) {
        report();
        auto descriptors = engine_->descriptors();
        if (!until.wait(descriptors, engine_->wait())) {
            return {};
        }
        const std::lock_guard lock(mutex_);
        if (until.take_subscriber()) {
            engine_->request_snapshot();
        }
        engine_->turn();
    }
}

result<void> collector::stop(std::chrono::nanoseconds) {
    const std::lock_guard lock(mutex_);
    engine_.reset();
    return {};
}

// Tells the host only what differs from the last report.
void collector::report() {
    const auto sources = engine_->status();
    for (std::size_t i = 1; i <= source_count; ++i) {
        const auto how_many = [&](health_of_source how) {
            return std::count_if(sources.begin(), sources.end(), [&](const source_status& of) {
                return of.of.kind == static_cast<source>(i) && of.how == how;
            });
        };
        meters_.answering[i].set(how_many(health_of_source::answering));
        meters_.denied[i].set(how_many(health_of_source::denied));
    }
    health_report now = judge(sources, engine_->containers().size() >= values_.container_limit);
    if (reported_ != now) {
        host_.report(now.is_ok ? health::ok : health::recoverable, now.reason, now.text);
        reported_ = std::move(now);
    }
}

result<void> collector::handle(std::string_view endpoint, const request& from, response& to) {
    const std::lock_guard lock(mutex_);
    if (!engine_) {
        return fail(errc::failed, "the collector is stopping");
    }
    if (endpoint == "sources") {
        return to.write(sources_json(engine_->status()));
    }
    const std::string_view id = from.parameter("id");
    std::vector<const container_row*> rows;
    engine_->containers().for_each([&](const container_row& row) {
        if (id.empty() || row.facts.id == id) {
            rows.push_back(&row);
        }
    });
    return to.write(containers_json(rows));
}

}  // namespace sonde::container
