// SPDX-License-Identifier: Apache-2.0
// The way to the receiver: one call at a time, made again after growing pauses, without end. Tells the host's status
// and the metrics how it is. For one thread that waits on descriptors: poll fd() for reading, then call drive() and
// turn(), at the latest when due() has come.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/grpc/client.hpp"
#include "common/http/token_file.hpp"
#include "relay/forward_meters.hpp"
#include "relay/forward_options.hpp"
#include "relay/messages.hpp"

namespace sonde::relay {

class connection final : private common::grpc::receiver {
public:
    // Whoever sends by it; called from within drive() and turn().
    class user {
    public:
        // The request that a call begins with.
        [[nodiscard]] virtual std::string greeting() = 0;
        // The first one of a call says how far the receiver has come. Further requests may be sent from within.
        virtual void on_response(const response& said, bool is_first) = 0;

    protected:
        ~user() = default;
    };
    static constexpr std::chrono::nanoseconds patience = std::chrono::minutes(1);  // with one that answers nothing
    static constexpr std::chrono::nanoseconds never = std::chrono::nanoseconds::max();

    connection(const host& on, forward_values values, const forward_meters& counted, user& by);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection();

    // -1 while there is no call.
    [[nodiscard]] int fd() const noexcept { return client_ ? client_->fd() : -1; }
    // Brings what the receiver has answered.
    void drive();
    // What a connection is for.
    struct need {
        bool is_wanted = false;   // without that no call is begun
        bool is_awaited = false;  // an answer, since something is sent that is not acknowledged
    };
    // Ends a call that has come to nothing, begins one that is due.
    void turn(std::chrono::nanoseconds now, need of);
    // When turn() is to be called again.
    [[nodiscard]] std::chrono::nanoseconds due(need of) const;

    // The receiver has answered and takes events.
    [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
    // Only while it is ready. False if that was the end of the call.
    [[nodiscard]] bool send(std::string message);

private:
    void open(std::chrono::nanoseconds now);
    void close(std::chrono::nanoseconds now);
    void lose(std::string reason, std::string text);
    [[nodiscard]] bool awaits(need of) const noexcept { return call_ != 0 && (!is_ready_ || of.is_awaited); }
    [[nodiscard]] result<common::grpc::client> make_client() const;
    void on_message(std::span<const std::uint8_t> message) override;
    void on_end(const common::grpc::outcome& how) override;

    host host_;
    const forward_values values_;
    const forward_meters* meters_;
    user* user_;
    common::http::token_file token_;
    collecting::backoff pause_;
    std::optional<common::grpc::client> client_;
    common::grpc::call_id call_ = 0;
    bool is_ready_ = false;
    struct problem {
        std::string reason;
        std::string text;
    };
    std::optional<problem> lost_;  // the call has to be given up, outside of its own callbacks
    std::chrono::nanoseconds opens_at_{};
    std::chrono::nanoseconds heard_at_{};  // or the last time that there was nothing to hear of
};

}  // namespace sonde::relay
