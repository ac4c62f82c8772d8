// SPDX-License-Identifier: Apache-2.0
#include "api/router.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "support/join.hpp"
#include "support/nearest.hpp"

namespace sonde::api {
namespace {

using segments = std::vector<std::string>;

bool is_parameter(std::string_view segment) noexcept {
    return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

segments split(std::string_view pattern) {
    segments parts;
    while (!pattern.empty() && pattern != "/") {
        pattern.remove_prefix(1);
        const std::size_t end = std::min(pattern.find('/'), pattern.size());
        parts.emplace_back(pattern.substr(0, end));
        pattern.remove_prefix(end);
    }
    return parts;
}

bool starts_with(std::span<const std::string> path, std::span<const std::string> prefix) {
    return path.size() >= prefix.size() && std::ranges::equal(path.first(prefix.size()), prefix);
}

bool matches(std::span<const std::string> pattern, std::span<const std::string> path) {
    return std::ranges::equal(pattern, path, [](const std::string& wanted, const std::string& given) {
        return is_parameter(wanted) ? !given.empty() : wanted == given;
    });
}

// The pattern whose first differing segment is literal is the closer one.
bool is_closer(std::span<const std::string> a, std::span<const std::string> b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (is_parameter(a[i]) != is_parameter(b[i])) {
            return is_parameter(b[i]);
        }
    }
    return false;
}

// The group with every parameter replaced by the request's value.
std::string group_of(std::string_view group, std::span<const std::string> pattern, std::span<const std::string> path) {
    std::string name(group);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const std::size_t at = is_parameter(pattern[i]) ? name.find(pattern[i]) : std::string::npos;
        if (at != std::string::npos) {
            name.replace(at, pattern[i].size(), path[i]);
        }
    }
    return name;
}

result<void> check_pattern(std::string_view pattern) {
    const bool rooted = pattern.starts_with('/');
    const bool whole = rooted && (pattern == "/" || std::ranges::all_of(split(pattern), [](const std::string& part) {
                                      const bool braces = part.find_first_of("{}") != std::string::npos;
                                      return !part.empty() && (!braces || is_parameter(part));
                                  }));
    if (!whole || (pattern.size() > 1 && pattern.back() == '/')) {
        return fail(errc::invalid, fmt::format("'{}' is not a route; write it like /modules/{{name}}/check", pattern));
    }
    return {};
}

struct route {
    std::string method;
    std::string pattern;
    segments parts;
    handler run;
    route_limits limits;
    std::uint32_t running = 0;
};

}  // namespace

struct router::core {
    std::mutex mutex;
    std::condition_variable ended;
    std::vector<std::shared_ptr<route>> routes;
    std::map<std::string, std::uint32_t, std::less<>> groups;  // places taken; absent: none
    std::map<std::string, std::pair<segments, std::string>, std::less<>> down;

    struct choice {
        std::shared_ptr<route> found;
        std::vector<std::string> allowed;  // methods of the path, if none of them fits
    };

    [[nodiscard]] choice choose(const request& of) const {
        std::shared_ptr<route> path;
        for (const auto& each : routes) {
            if (matches(each->parts, of.segments) && (!path || is_closer(each->parts, path->parts))) {
                path = each;
            }
        }
        choice made;
        for (const auto& each : routes) {
            if (!path || each->parts != path->parts) {
                continue;
            }
            if (each->method == of.method) {
                return {each, {}};
            }
            made.allowed.push_back(each->method);
        }
        return made;
    }

    [[nodiscard]] response unknown(const request& of) const {
        for (const auto& [prefix, mark] : down) {
            if (starts_with(of.segments, mark.first)) {
                response answer = failure(503, "down", mark.second);
                answer.headers.emplace_back("Retry-After", "1");
                return answer;
            }
        }
        std::vector<std::string> known;
        known.reserve(routes.size());
        for (const auto& each : routes) {
            known.push_back(each->pattern);
        }
        const std::string hint = support::did_you_mean(of.path, known);
        return failure(404, "not_found", fmt::format("there is no {}{}{}", of.path, hint.empty() ? "" : "; ", hint));
    }
};

struct ticket::state {
    std::shared_ptr<router::core> core;
    std::shared_ptr<route> of;  // empty after run
    std::string pattern;
    std::string group;

    void let_go_of_route() noexcept {
        const std::scoped_lock lock(core->mutex);
        if (of) {
            --of->running;
            // Under the lock, so that `remove` never returns while this is the last owner of the handler.
            of.reset();
            core->ended.notify_all();
        }
    }
};

ticket::ticket() noexcept = default;
ticket::~ticket() { close(); }
ticket::ticket(std::unique_ptr<state> from) noexcept : state_(std::move(from)) {}
ticket::ticket(ticket&& other) noexcept : state_(std::move(other.state_)) {}
ticket& ticket::operator=(ticket&& other) noexcept {
    if (this != &other) {
        close();
        state_ = std::move(other.state_);
    }
    return *this;
}

const std::string& ticket::pattern() const noexcept { return state_->pattern; }
bool ticket::is_module() const noexcept { return !state_->group.empty(); }

response ticket::run(const request& of) {
    struct guard {
        state& held;
        ~guard() { held.let_go_of_route(); }
    } const at_end{*state_};
    return state_->of->run(of);
}

void ticket::close() noexcept {
    if (!state_) {
        return;
    }
    state_->let_go_of_route();
    {
        const std::scoped_lock lock(state_->core->mutex);
        const auto place = state_->core->groups.find(state_->group);
        if (place != state_->core->groups.end() && --place->second == 0) {
            state_->core->groups.erase(place);
        }
    }
    state_.reset();
}

router::router() : core_(std::make_shared<core>()) {}
router::~router() = default;

result<void> router::add(std::string_view method, std::string_view pattern, handler run, route_limits with) {
    if (auto good = check_pattern(pattern); !good) {
        return good;
    }
    auto made = std::make_shared<route>(
        route{std::string(method), std::string(pattern), split(pattern), std::move(run), std::move(with), 0});
    const std::scoped_lock lock(core_->mutex);
    for (const auto& each : core_->routes) {
        if (each->method == method && each->pattern == pattern) {
            return fail(errc::invalid, fmt::format("{} {} has a handler already", method, pattern));
        }
    }
    core_->routes.push_back(std::move(made));
    return {};
}

bool router::remove(std::string_view prefix, std::chrono::nanoseconds patience) {
    const segments parts = split(prefix);
    std::vector<std::shared_ptr<route>> gone;
    std::unique_lock lock(core_->mutex);
    std::erase_if(core_->routes, [&](const std::shared_ptr<route>& each) {
        const bool below = starts_with(each->parts, parts);
        if (below) {
            gone.push_back(each);
        }
        return below;
    });
    const bool idle = core_->ended.wait_for(lock, patience, [&] {
        return std::ranges::all_of(gone, [](const std::shared_ptr<route>& each) { return each->running == 0; });
    });
    lock.unlock();
    return idle;
}

void router::mark_down(std::string_view prefix, std::string_view reason) {
    const std::scoped_lock lock(core_->mutex);
    core_->down.insert_or_assign(std::string(prefix), std::pair(split(prefix), std::string(reason)));
}

void router::clear_down(std::string_view prefix) {
    const std::scoped_lock lock(core_->mutex);
    if (const auto found = core_->down.find(prefix); found != core_->down.end()) {
        core_->down.erase(found);
    }
}

admission router::admit(request& of) {
    const std::scoped_lock lock(core_->mutex);
    const core::choice made = core_->choose(of);
    if (!made.found) {
        if (made.allowed.empty()) {
            return {{}, core_->unknown(of), "unmatched"};
        }
        response refusal = failure(405, "method_not_allowed", fmt::format("{} does not take {}", of.path, of.method));
        refusal.headers.emplace_back("Allow", support::join(made.allowed, ", "));
        return {{}, std::move(refusal), "unmatched"};
    }
    route& found = *made.found;
    std::string group = group_of(found.limits.group, found.parts, of.segments);
    if (!group.empty()) {
        std::uint32_t& taken = core_->groups[group];
        if (found.limits.concurrency > 0 && taken >= found.limits.concurrency) {
            response refusal =
                failure(429, "busy", fmt::format("{} requests to {} are running already; try again", taken, group));
            refusal.headers.emplace_back("Retry-After", "1");
            return {{}, std::move(refusal), found.pattern};
        }
        ++taken;
    }
    ++found.running;
    for (std::size_t i = 0; i < found.parts.size(); ++i) {
        if (is_parameter(found.parts[i])) {
            of.parameters.insert_or_assign(found.parts[i].substr(1, found.parts[i].size() - 2), of.segments[i]);
        }
    }
    auto held = std::make_unique<ticket::state>(ticket::state{core_, made.found, found.pattern, std::move(group)});
    return {ticket(std::move(held)), {}, found.pattern};
}

std::size_t router::size() const {
    const std::scoped_lock lock(core_->mutex);
    return core_->routes.size();
}

}  // namespace sonde::api
