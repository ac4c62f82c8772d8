// SPDX-License-Identifier: Apache-2.0
// Brings what is in the letterbox to the receiver: a thread of its own, so that the bus never waits for the network.
// What is not acknowledged is sent again.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include <sonde/abi/ext/input.h>
#include <sonde/host.hpp>

#include "relay/connection.hpp"
#include "relay/letterbox.hpp"

namespace sonde::relay {

class courier final : private connection::user {
public:
    // The letterbox must outlive it.
    courier(const host& on, const forward_values& values, const forward_meters& counted, letterbox& from);
    courier(const courier&) = delete;
    courier& operator=(const courier&) = delete;
    // What waits is left.
    ~courier();

    [[nodiscard]] result<void> start();
    // Sends what waits until it is acknowledged or the deadline (CLOCK_MONOTONIC) comes; how many events are left.
    [[nodiscard]] std::uint64_t finish(std::chrono::nanoseconds deadline);

private:
    void end();
    void loop();
    // Whether anything went.
    [[nodiscard]] bool send_all();
    void wait(std::chrono::nanoseconds until) const;
    void publish(const letterbox::state& seen);
    void ask_state();
    [[nodiscard]] std::string greeting() override { return letterbox_->greeting(host_.wall()); }
    void on_response(const response& said, bool is_first) override;

    host host_;
    const forward_meters* meters_;
    const sonde_host_input* input_;
    letterbox* letterbox_;

    // The thread's own.
    connection connection_;
    std::uint64_t counted_ = 0;  // events told to the metrics as delivered
    std::thread thread_;
};

}  // namespace sonde::relay
