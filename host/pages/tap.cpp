// SPDX-License-Identifier: Apache-2.0
#include "pages/tap.hpp"

#include <pthread.h>

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "bus/recording.hpp"
#include "observe/json.hpp"

namespace sonde::pages {

tap::tap(bus::bus& fabric, std::shared_ptr<bus::subscription_core> input, tap_request wanted, tap_limits limits)
    : fabric_(fabric), input_(std::move(input)), limits_(limits), wanted_(std::move(wanted)),
      printer_(wanted_.text ? printer(schema::text_printer(0)) : printer(schema::json_printer())) {}

result<std::unique_ptr<tap>> tap::open(bus::bus& fabric, tap_request wanted, tap_limits limits) {
    auto input = fabric.subscribe({"/debug/tap", wanted.topics, false, wanted.snapshot});
    if (!input) {
        return fail(std::move(input.error()), "opening a tap");
    }
    std::unique_ptr<tap> made(new tap(fabric, *input, std::move(wanted), limits));
    try {
        made->thread_ = std::thread([self = made.get()] { self->loop(); });
    } catch (const std::system_error& e) {
        fabric.unsubscribe(*input);
        return fail(errc::exhausted, fmt::format("opening a tap: no thread: {}", e.what()));
    }
    ::pthread_setname_np(made->thread_.native_handle(), "sonde-tap");
    return made;
}

tap::~tap() {
    stopping_.store(true);
    input_->wake();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void tap::start(api::waker wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
}

api::flow tap::next(std::string& chunk) {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty()) {
        chunk = std::exchange(waiting_, {});
        return api::flow::chunk;
    }
    return ended_ ? api::flow::end : api::flow::wait;
}

void tap::loop() {
    while (!stopping_.load()) {
        if (const auto batch = input_->receive(time_left())) {
            take(*batch);
        }
        if (is_complete()) {
            finish("end", {});
            break;
        }
        if (const std::string reason = reason_to_eject(); !reason.empty()) {
            finish("ejected", reason);
            break;
        }
    }
    fabric_.unsubscribe(input_);
}

// Until the client's patience is used up; endless while nothing waits for it.
std::chrono::nanoseconds tap::time_left() const {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
        return std::chrono::nanoseconds(-1);
    }
    return std::max(std::chrono::nanoseconds(0),
                    std::chrono::nanoseconds(waiting_since_ + limits_.patience - clock::now()));
}

void tap::take(const bus::batch_ref& batch) {
    bool full = false;
    {
        const std::lock_guard lock(mutex_);
        full = waiting_.size() >= limits_.buffer;
    }
    input_->settle(batch, !full);
    if (full) {
        skipped_ += batch.view().item_count;
        ++skipped_batches_;
        return;
    }
    std::string lines;
    if (wanted_.whole) {
        copy(batch, lines);
    } else {
        print(batch, lines);
    }
    hand_over(lines, false);
}

void tap::copy(const bus::batch_ref& batch, std::string& records) {
    delivered_ += batch.view().item_count;
    matched_ += batch.view().item_count;
    bus::append_record(records, batch.view());
}

void tap::print(const bus::batch_ref& batch, std::string& lines) {
    const sonde_batch& view = batch.view();
    reader_.open({view.body, static_cast<std::size_t>(view.body_size)}, view.header->first_item,
                 sonde::view(view.topic));
    for (const auto* each = reader_.next(); each != nullptr && !stopping_.load(); each = reader_.next()) {
        ++delivered_;
        if (!matches(*each)) {
            continue;
        }
        ++matched_;
        std::visit([&](auto& with) { with.append(*each, lines); }, printer_);
        lines += '\n';
        if (is_complete()) {
            return;
        }
    }
}

bool tap::matches(const schema::envelope_view& envelope) {
    return std::ranges::all_of(wanted_.where, [&](auto& each) { return each.matches(envelope); });
}

std::string tap::reason_to_eject() const {
    if (skipped_batches_ >= limits_.lost_batches) {
        return fmt::format("{} batches found no room; narrow it down with topic= and where=", skipped_batches_);
    }
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty() && clock::now() - waiting_since_ >= limits_.patience) {
        return fmt::format("nothing was taken for {} ms",
                           std::chrono::duration_cast<std::chrono::milliseconds>(limits_.patience).count());
    }
    return {};
}

void tap::finish(std::string_view how, std::string_view reason) {
    std::uint64_t lost = skipped_;
    for (const auto& each : input_->stats().positions) {
        lost += each.lost;
    }
    observe::json_writer json;
    json.begin_object().member("tap", how).member("delivered", delivered_).member("matched", matched_);
    json.member("lost", lost);
    if (!reason.empty()) {
        json.member("reason", reason);
    }
    json.end_object();
    std::string last = json.take() + '\n';
    if (wanted_.whole) {
        std::string record;
        bus::append_last_word(record, last);
        last = std::move(record);
    }
    hand_over(last, true);
}

void tap::hand_over(std::string_view lines, bool last) {
    api::waker wake;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
            waiting_since_ = clock::now();
        }
        waiting_ += lines;
        ended_ = last;
        wake = wake_;
    }
    if (!lines.empty()) {
        wake.notify();
    }
}

}  // namespace sonde::pages
