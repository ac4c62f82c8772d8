// SPDX-License-Identifier: Apache-2.0
#include "ebpf/flow/desk.hpp"

#include <utility>

namespace sonde::ebpf::flow {

result<std::string> desk::ask(inquiry what, std::chrono::nanoseconds patience) {
    entry mine{.what = std::move(what)};
    std::unique_lock lock(mutex_);
    if (!is_open_) {
        return fail(errc::stopped, "the collector does not track connections at the moment");
    }
    if (entries_.size() >= most_waiting) {
        return fail(errc::exhausted, "too many requests wait for the collector; try again");
    }
    const auto place = entries_.insert(entries_.end(), &mine);
    waiting_ = entries_.size();
    const bool is_done = answered_.wait_for(lock, patience, [&] { return mine.is_done; });
    if (!is_done) {
        entries_.erase(place);
        waiting_ = entries_.size();
        return fail(errc::timeout, "the collector did not come to answer in time");
    }
    return std::move(mine.answer);
}

void desk::serve(const std::function<result<std::string>(const inquiry&)>& answer) {
    const std::lock_guard lock(mutex_);
    for (entry* each : entries_) {
        each->answer = answer(each->what);
        each->is_done = true;
    }
    entries_.clear();
    waiting_ = 0;
    answered_.notify_all();
}

void desk::open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
}

void desk::close() {
    {
        const std::lock_guard lock(mutex_);
        is_open_ = false;
    }
    serve([](const inquiry&) -> result<std::string> { return fail(errc::stopped, "the collector stops"); });
}

}  // namespace sonde::ebpf::flow
