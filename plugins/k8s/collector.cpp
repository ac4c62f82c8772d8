// SPDX-License-Identifier: Apache-2.0
#include "k8s/collector.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "k8s/pages.hpp"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr auto access_pause = 10s;  // between attempts to find an API server
constexpr auto show_interval = 1s;  // of the state that endpoints show
constexpr std::size_t most_rows = 10'000;

// The sooner of two waits, in which negative means never.
std::chrono::nanoseconds sooner(std::chrono::nanoseconds one, std::chrono::nanoseconds other) {
    if (one < 0ns || other < 0ns) {
        return std::max(one, other);
    }
    return std::min(one, other);
}

}  // namespace

result<void> collector::configure(const settings& values) {
    auto read = read_options(values, process_environment);
    if (!read) {
        return std::unexpected(read.error());
    }
    values_ = std::move(*read);
    return {};
}

result<void> collector::start() {
    out_.emplace(host_, values_.object_json_limit);
    return out_->open();
}

result<void> collector::run(run_context& until) {
    if (values_.kinds.empty()) {
        return serve(until, {});
    }
    const auto access = wait_for_access(until);
    return access ? serve(until, *access) : result<void>{};
}

// A service account or kubeconfig may appear later: the status says what is missing until then.
result<api_access> collector::wait_for_access(run_context& until) {
    for (;;) {
        auto found = find_access(values_.access, process_environment);
        if (found) {
            return found;
        }
        const problem missing{found.error().code == errc::unsupported ? "no_server" : "no_access",
                              found.error().message()};
        report(missing);
        state_page page;
        page.trouble = missing;
        shown_.set(std::move(page));
        if (!until.wait(access_pause)) {
            return found;
        }
    }
}

// The endpoint `objects` looks into the engine while there is one.
class collector::shown_engine {
public:
    shown_engine(collector& by, const engine& shown) : by_(&by) { set(&shown); }
    shown_engine(const shown_engine&) = delete;
    shown_engine& operator=(const shown_engine&) = delete;
    ~shown_engine() { set(nullptr); }

private:
    void set(const engine* to) {
        const std::lock_guard lock(by_->engine_mutex_);
        by_->engine_ = to;
    }
    collector* by_;
};

result<void> collector::serve(run_context& until, const api_access& access) {
    auto client = http::client::make(access.client);
    if (!client) {
        return std::unexpected(client.error());
    }
    const auto made = kubelet::make(host_, values_, meters_);
    if (!made) {
        return std::unexpected(made.error());
    }
    kubelet& watcher = **made;
    engine watches(host_, values_, access, meters_, *out_, *client, std::random_device{}());
    const shown_engine shown(*this, watches);
    auto show_due = host_.monotonic();
    for (;;) {
        std::array<pollfd, 2> descriptors{{{client->fd(), POLLIN, 0}, {watcher.fd(), POLLIN, 0}}};
        const auto wait = sooner(sooner(client->wait(), watches.wait()),
                                 sooner(watcher.wait(), std::max(show_due - host_.monotonic(), 0ns)));
        const bool goes_on = until.wait(descriptors, wait);
        if (!goes_on) {
            return {};
        }
        const std::lock_guard lock(engine_mutex_);
        if (until.take_subscriber()) {
            watches.request_snapshot();
            watcher.request_snapshot();
        }
        client->drive();
        if (!values_.kinds.empty()) {
            watches.turn();
        }
        watcher.turn();
        if (host_.monotonic() >= show_due) {
            show_due = host_.monotonic() + show_interval;
            show(watches, access);
            const auto trouble = values_.kinds.empty() ? std::nullopt : first_problem(shown_.copy());
            report(trouble ? trouble : watcher.trouble());
        }
    }
}

void collector::show(const engine& of, const api_access& access) {
    state_page page;
    page.server = access.server;
    page.origin = access.origin;
    page.cluster_uid = of.cluster_uid();
    page.node_name = values_.node_name;
    page.trouble = of.trouble();
    page.lost = of.lost();
    for (const engine::watched& each : of.watches()) {
        page.watches.push_back({std::string(each.objects->kind().resource), each.mirror->settings().in_namespace,
                                each.mirror->status(), each.objects->is_synced(), each.objects->store().size(),
                                each.objects->store().bytes(), each.mirror->watch_age(), each.objects->counts()});
    }
    shown_.set(std::move(page));
}

// Reports only what differs from the last report.
void collector::report(const std::optional<problem>& what) {
    if (has_reported_ && what == reported_) {
        return;
    }
    has_reported_ = true;
    reported_ = what;
    if (what) {
        host_.report(health::recoverable, what->reason, what->text);
    } else {
        host_.report(health::ok);
    }
}

result<void> collector::handle(std::string_view endpoint, const request& from, response& to) {
    if (endpoint == "check") {
        return to.write(check_json(shown_.copy()));
    }
    if (endpoint == "kinds") {
        return to.write(kinds_json(shown_.copy()));
    }
    const std::string resource(from.parameter("kind", "pods"));
    if (const auto kind = parse_kinds({resource}); !kind) {
        return fail(errc::invalid, kind.error().text, "kind");
    }
    std::vector<object_row> rows;
    {
        const std::lock_guard lock(engine_mutex_);
        for (const engine::watched& each :
             engine_ == nullptr ? std::span<const engine::watched>{} : engine_->watches()) {
            if (each.objects->kind().resource != resource) {
                continue;
            }
            for (const auto& [key, entry] : each.objects->store().entries()) {
                rows.push_back({key, entry.resource_version});
            }
        }
    }
    std::ranges::sort(rows, {}, &object_row::key);
    const std::size_t shown = std::min(rows.size(), most_rows);
    return to.write(objects_json(resource, std::span(rows).first(shown)));
}

}  // namespace sonde::k8s
