// SPDX-License-Identifier: Apache-2.0
// One call with one answer, that is wanted as a whole.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "common/grpc/message.hpp"

namespace sonde::common::grpc {

class unary final : private receiver {
public:
    // `answer` is empty unless the outcome is ok.
    using handler = std::function<void(const outcome& how, std::span<const std::uint8_t> answer)>;

    unary() = default;
    unary(const unary&) = delete;
    unary& operator=(const unary&) = delete;
    ~unary() { cancel(); }

    // One at a time; `done` may start the next. The carrier must outlive the call.
    void start(carrier& by, call_request what, handler done) {
        cancel();
        answer_.clear();
        done_ = std::move(done);
        carrier_ = &by;
        id_ = by.start(std::move(what), *this);
    }
    void cancel() {
        if (id_ != 0) {
            carrier_->cancel(std::exchange(id_, 0));
        }
    }
    // The carrier is gone, and the call with it.
    void abandon() noexcept { id_ = 0; }
    [[nodiscard]] bool is_running() const noexcept { return id_ != 0; }

private:
    void on_message(std::span<const std::uint8_t> message) override { answer_.assign(message.begin(), message.end()); }
    void on_end(const outcome& how) override {
        id_ = 0;
        const std::vector<std::uint8_t> answer = std::exchange(answer_, {});
        const handler done = std::exchange(done_, nullptr);
        done(how, how.why == code::ok ? std::span<const std::uint8_t>(answer) : std::span<const std::uint8_t>());
    }

    carrier* carrier_ = nullptr;
    call_id id_ = 0;
    std::vector<std::uint8_t> answer_;
    handler done_;
};

}  // namespace sonde::common::grpc
