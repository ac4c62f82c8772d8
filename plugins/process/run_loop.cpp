// SPDX-License-Identifier: Apache-2.0
#include "process/run_loop.hpp"

#include <algorithm>
#include <array>

#include <poll.h>
#include <unistd.h>

namespace sonde::process {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t slice = 64;          // processes looked at between two looks at the socket
constexpr std::size_t most_events = 4096;  // taken from the socket before something else gets its turn
constexpr auto extra_scan_pause = 1s;      // between scans that losses or subscribers ask for

}  // namespace

run_loop::run_loop(const host& on, const meters& counted, publisher& out, process_store& store,
                   const shared_options& shared, int reload_fd)
    : host_(on), meters_(&counted), out_(&out), store_(&store), shared_(&shared), reload_fd_(reload_fd),
      values_(shared.copy()), feed_(values_.events, values_.receive_buffer), handler_(on, store),
      scanner_(on, counted, store), ebpf_(on, counted, store) {
    adopt_options();
}

void run_loop::adopt_options() {
    scanner_.set_policy(values_.samples);
    ebpf_.set_policy(values_.samples);
    store_->tree().limit_arguments(values_.command_args_limit);
    ebpf_.limit_arguments(values_.command_args_limit);
}

result<void> run_loop::run(run_context& until) {
    // Listening comes before the first scan: what happens in between is in the queue.
    if (auto checked = check_feed(); !checked) {
        return checked;
    }
    wants_resync_ = false;
    last_extra_scan_ = host_.monotonic() - extra_scan_pause;
    if (values_.events != event_source::ebpf) {
        // Whoever listens already is told everything by it.
        static_cast<void>(until.take_subscriber());
        scan_plan first = plan(depth::full);
        first.is_snapshot = true;
        first.derives_events = false;
        begin_scan(first);
    }
    std::array<pollfd, 2> descriptors{};
    for (;;) {
        descriptors[0] = {reload_fd_, POLLIN, 0};
        descriptors[1] = {feed_.is_live() ? feed_.connector().fd() : -1, POLLIN, 0};
        if (!until.wait(descriptors, time_to_wait())) {
            tell_end();
            return {};
        }
        if (descriptors[0].revents != 0) {
            reload();
        }
        wants_snapshot_ = until.take_subscriber() || wants_snapshot_;
        until.deliver();
        follow_ebpf();
        take_events();
        if (auto checked = check_feed(); !checked) {
            return checked;
        }
        if (scanner_.is_active()) {
            advance_scan();
        } else {
            begin_due_scan();
        }
        out_->flush();
    }
}

std::chrono::nanoseconds run_loop::time_to_wait() const {
    if (scanner_.is_active()) {
        return 0ns;
    }
    constexpr auto never = std::chrono::nanoseconds::max();
    auto next = next_scan_.value_or(never);
    if (const auto silence = ebpf_.deadline()) {
        next = std::min(next, *silence);
    }
    if (feed_.is_polling()) {
        next = std::min({next, next_poll_, feed_.next_attempt().value_or(never)});
    }
    if (wants_resync_ || wants_snapshot_) {
        next = std::min(next, last_extra_scan_ + extra_scan_pause);
    }
    return next == never ? -1ns : std::max(next - host_.monotonic(), 0ns);
}

// Opens the connector if that is due, and fails if the user does not accept polling in its place.
result<void> run_loop::check_feed() {
    if (feed_.open_if_due(host_.monotonic())) {
        wants_resync_ = true;
    }
    meters_->polling.set(feed_.is_polling() ? 1 : 0);
    if (values_.events == event_source::connector && feed_.problem()) {
        return fail(errc::unsupported, feed_.problem()->text, "events");
    }
    report_health();
    return {};
}

// Unless another collector goes on to tell of the same processes.
void run_loop::tell_end() {
    if (!ebpf_.is_live() && values_.events != event_source::ebpf) {
        out_->publish_end(host_.wall());
    }
}

bool run_loop::heeds_ebpf() const noexcept {
    return values_.events == event_source::automatic || values_.events == event_source::ebpf;
}

result<void> run_loop::consume(const batch_view& batch) { return heeds_ebpf() ? ebpf_.consume(batch) : result<void>(); }

// One source of processes at a time: what the ebpf collector tells is neither asked of the kernel nor looked for.
void run_loop::follow_ebpf() {
    const auto now = host_.monotonic();
    ebpf_.check(now);
    if (ebpf_.is_live() == was_ebpf_) {
        return;
    }
    was_ebpf_ = ebpf_.is_live();
    if (was_ebpf_) {
        feed_.suspend();
        wants_snapshot_ = scanner_.abandon() || wants_snapshot_;
        next_scan_.reset();
        wants_resync_ = false;
        return;
    }
    feed_.resume(now);
    if (values_.events != event_source::ebpf) {
        wants_resync_ = true;    // what happened meanwhile is found by the difference
        wants_snapshot_ = true;  // and whoever listened to the other one is told what there is
        next_poll_ = now + values_.poll_interval;
    }
}

void run_loop::reload() {
    std::uint64_t ignored = 0;
    static_cast<void>(::read(reload_fd_, &ignored, sizeof ignored) == sizeof ignored);
    values_ = shared_->copy();
    adopt_options();
    const auto now = host_.monotonic();
    next_scan_.reset();
    if (values_.scan_interval > 0ns && !ebpf_.is_live() && values_.events != event_source::ebpf) {
        next_scan_ = now + values_.scan_interval;
    }
    next_poll_ = std::min(next_poll_, now + values_.poll_interval);
}

// True if the socket may hold more.
bool run_loop::take_events() {
    if (!feed_.is_live()) {
        return false;
    }
    const drained seen =
        feed_.connector().drain([this](const kernel_event& event) { handler_.handle(event); }, most_events);
    if (seen.lost != 0) {
        out_->count_lost(seen.lost);
    }
    if (seen.malformed != 0) {
        out_->count_malformed(seen.malformed);
    }
    meters_->overruns.add(seen.overrun ? 1 : 0);
    wants_resync_ = wants_resync_ || seen.overrun || seen.lost != 0;
    if (seen.error != 0) {
        feed_.lose(seen.error, host_.monotonic());
    }
    return seen.more;
}

void run_loop::advance_scan() {
    if (!scanner_.step(slice)) {
        return;
    }
    // What a scan misses may still be in the socket: its event comes first.
    if (take_events()) {
        return;
    }
    scanner_.finish();
    report_health();
}

void run_loop::begin_due_scan() {
    const auto now = host_.monotonic();
    if (ebpf_.is_live() || values_.events == event_source::ebpf) {
        if (wants_snapshot_ && now >= last_extra_scan_ + extra_scan_pause) {
            wants_snapshot_ = false;
            last_extra_scan_ = now;
            ebpf_.tell_all();
        }
        return;
    }
    if ((wants_resync_ || wants_snapshot_) && now >= last_extra_scan_ + extra_scan_pause) {
        scan_plan extra = plan(wants_resync_ ? depth::full : depth::usage);
        extra.is_snapshot = wants_snapshot_;
        meters_->resyncs.add(wants_resync_ ? 1 : 0);
        wants_resync_ = wants_snapshot_ = false;
        last_extra_scan_ = now;
        begin_scan(extra);
    } else if (next_scan_ && now >= *next_scan_) {
        begin_scan(plan(feed_.is_polling() ? depth::full : depth::usage));
    } else if (feed_.is_polling() && now >= next_poll_) {
        scan_plan poll = plan(depth::identity);
        poll.publishes_samples = false;
        begin_scan(poll);
    }
}

void run_loop::begin_scan(const scan_plan& plan) {
    const auto now = host_.monotonic();
    next_poll_ = now + values_.poll_interval;
    if (plan.how != depth::identity) {
        next_scan_.reset();
        if (values_.scan_interval > 0ns) {
            next_scan_ = now + values_.scan_interval;
        }
    }
    const auto begun = scanner_.begin(plan);
    scan_problem_ = begun ? std::string{} : begun.error().message();
}

scan_plan run_loop::plan(depth how) const {
    const bool tells_events = values_.events != event_source::off;
    return {
        .how = how, .derives_events = tells_events, .ends_are_told = tells_events, .names_tell = feed_.is_polling()};
}

}  // namespace sonde::process
