// SPDX-License-Identifier: Apache-2.0
// Brings events to the receiver: a thread of its own with one connection at a time, so that the bus never waits for the
// network. A lost connection is made again after growing pauses, without end; what is not acknowledged is sent again.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <sonde/abi/ext/input.h>
#include <sonde/collecting/backoff.hpp>
#include <sonde/collecting/descriptor.hpp>
#include <sonde/host.hpp>

#include "common/grpc/client.hpp"
#include "common/http/token_file.hpp"
#include "relay/forward_meters.hpp"
#include "relay/forward_options.hpp"
#include "relay/host_facts.hpp"
#include "relay/outbox.hpp"

namespace sonde::relay {

class courier final : private common::grpc::receiver {
public:
    courier(const host& on, forward_values values, const forward_meters& counted);
    courier(const courier&) = delete;
    courier& operator=(const courier&) = delete;
    // What waits is lost.
    ~courier();

    [[nodiscard]] result<void> start();

    // By the data thread.
    [[nodiscard]] bool knows_node() const noexcept { return knows_node_; }
    void name_node(const origin& from);
    [[nodiscard]] outbox::verdict take(const relayed_batch& batch);
    // Sends what waits until it is acknowledged or the deadline (CLOCK_MONOTONIC) comes; how many events are left.
    [[nodiscard]] std::uint64_t finish(std::chrono::nanoseconds deadline);

private:
    void end();
    void loop();
    void turn(std::chrono::nanoseconds now);
    void connect(std::chrono::nanoseconds now);
    [[nodiscard]] result<common::grpc::client> make_client() const;
    [[nodiscard]] std::string hello();
    void send_next(std::chrono::nanoseconds now);
    void ask_state();
    void lose(std::string reason, std::string text);
    void close(std::chrono::nanoseconds now);
    void publish_counts();
    void wait();
    void wake() const noexcept;
    void on_message(std::span<const std::uint8_t> message) override;
    void on_end(const common::grpc::outcome& how) override;

    host host_;
    const forward_values values_;
    const forward_meters* meters_;
    const sonde_host_input* input_;
    const session_id session_;
    bool knows_node_ = false;  // data thread

    std::mutex mutex_;
    std::condition_variable delivered_;
    outbox outbox_;
    host_facts facts_;
    bool has_lost_ = false;  // events: whoever keeps state by them is wrong
    bool is_stopping_ = false;

    // The thread's own.
    collecting::descriptor wake_;
    common::http::token_file token_;
    collecting::backoff pause_;
    std::optional<common::grpc::client> client_;
    common::grpc::call_id call_ = 0;
    bool is_ready_ = false;  // the receiver has answered
    struct problem {
        std::string reason;
        std::string text;
    };
    std::optional<problem> lost_;  // the connection has to be given up, outside of its own callbacks
    std::chrono::nanoseconds opens_at_{};
    std::chrono::nanoseconds heard_at_{};
    std::uint64_t counted_ = 0;  // events told to the metrics as delivered
    std::thread thread_;
};

}  // namespace sonde::relay
