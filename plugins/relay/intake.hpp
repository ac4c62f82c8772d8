// SPDX-License-Identifier: Apache-2.0
// Between the calls, which the library's threads bring, and the data thread, which takes their requests one by one from
// each call in turn. A call whose requests wait is not read further, so that its sender has to wait too. Thread-safe.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/grpc/server.hpp"
#include "relay/bell.hpp"
#include "relay/messages.hpp"

namespace sonde::relay {

class intake;

// One call of a sender.
class inlet {
public:
    static constexpr std::size_t most_waiting = 2;

    inlet(intake& of, common::grpc::call_handle call) : intake_(&of), call_(std::move(call)) {}

    // By the call.
    void take(std::span<const std::uint8_t> message);
    [[nodiscard]] bool wants_message() const;
    [[nodiscard]] common::grpc::answer::step next();
    void close();

    // By the data thread. What is said before the call has taken the last word is said with it.
    void say(const response& what);
    void refuse(common::grpc::outcome why);
    // Whether the sender has been greeted before.
    bool greet() noexcept { return std::exchange(is_greeted_, true); }
    [[nodiscard]] bool is_greeted() const noexcept { return is_greeted_; }

private:
    friend class intake;

    intake* intake_;
    const common::grpc::call_handle call_;
    mutable std::mutex mutex_;  // taken after that of the intake
    std::deque<std::string> waiting_;
    std::optional<response> unsaid_;
    std::optional<common::grpc::outcome> end_;
    bool is_closed_ = false;
    bool is_greeted_ = false;  // the data thread's own
};

class intake {
public:
    [[nodiscard]] result<void> start();

    // Null if there are as many calls as there may be.
    [[nodiscard]] std::shared_ptr<inlet> open(const common::grpc::call_handle& call, std::size_t most);

    struct arrival {
        std::shared_ptr<inlet> from;
        std::string message;
    };
    // The next request, of the calls in turn; nothing while there is none.
    [[nodiscard]] std::optional<arrival> next();
    // All that are open.
    [[nodiscard]] std::vector<std::shared_ptr<inlet>> all() const;
    [[nodiscard]] std::size_t size() const;

    // Rings when something has arrived; next() silences it.
    [[nodiscard]] const bell& news() const noexcept { return bell_; }

private:
    bell bell_;
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<inlet>> inlets_;
    std::size_t turn_ = 0;
};

}  // namespace sonde::relay
