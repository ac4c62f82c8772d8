// SPDX-License-Identifier: Apache-2.0
#include "process/collector.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <sys/eventfd.h>

#include "process/endpoints_json.hpp"

namespace sonde::process {
namespace {

constexpr std::uint32_t default_limit = 50;

// A whole number in a query parameter; `otherwise` if it is not given.
result<std::optional<std::uint32_t>> number_parameter(const request& from, std::string_view name) {
    const std::string_view text = from.parameter(name);
    if (text.empty()) {
        return std::optional<std::uint32_t>{};
    }
    std::uint32_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) {
        return fail(errc::invalid, "'" + std::string(text) + "' is not a whole number", std::string(name));
    }
    return std::optional(number);
}

result<std::string> answer_tree(const process_store& store, const request& from) {
    const auto pid = number_parameter(from, "pid");
    if (!pid) {
        return std::unexpected(pid.error());
    }
    auto json = tree_json(store.rows(), *pid);
    if (!json) {
        return fail(errc::invalid, "no process has this pid", "pid");
    }
    return std::move(*json);
}

result<std::string> answer_list(const process_store& store, const request& from) {
    const auto limit = number_parameter(from, "limit");
    if (!limit) {
        return std::unexpected(limit.error());
    }
    const std::string_view sort = from.parameter("sort", "cpu");
    if (sort != "cpu" && sort != "memory") {
        return fail(errc::invalid, "'" + std::string(sort) + "' is neither cpu nor memory", "sort");
    }
    return list_json(store.rows(), sort == "cpu" ? sort_order::cpu : sort_order::memory,
                     limit->value_or(default_limit));
}

}  // namespace

result<void> collector::configure(const settings& values) {
    options_.set(read_options(values));
    if (reload_) {
        const std::uint64_t one = 1;
        static_cast<void>(::write(reload_.number(), &one, sizeof one) == sizeof one);
    }
    return {};
}

result<void> collector::start() {
    const option_values values = options_.copy();
    auto tree = proc_tree::open(values.proc_root, values.cgroup_root, meters_, host_.wall());
    if (!tree) {
        return std::unexpected(tree.error());
    }
    if (auto opened = out_.open(); !opened) {
        return opened;
    }
    reload_ = collecting::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!reload_) {
        return fail(errc::failed, "cannot create an eventfd: " + std::string(::strerrordesc_np(errno)));
    }
    store_.emplace(host_, meters_, out_, std::move(*tree), values.table_limit);
    return {};
}

result<void> collector::run(run_context& until) {
    run_loop loop(host_, meters_, out_, *store_, options_, reload_.number());
    running_ = &loop;
    auto outcome = loop.run(until);
    running_ = nullptr;
    return outcome;
}

// Comes only inside run, when the loop asks for it.
result<void> collector::consume(const batch_view& batch) {
    return running_ != nullptr ? running_->consume(batch) : result<void>();
}

result<void> collector::stop(std::chrono::nanoseconds) {
    store_.reset();
    reload_ = collecting::descriptor();
    return {};
}

result<void> collector::handle(std::string_view endpoint, const request& from, response& to) {
    const auto json = endpoint == "tree" ? answer_tree(*store_, from) : answer_list(*store_, from);
    if (!json) {
        return std::unexpected(json.error());
    }
    return to.write(*json);
}

}  // namespace sonde::process
