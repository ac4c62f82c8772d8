// SPDX-License-Identifier: Apache-2.0
// The collector receive_raw: a gRPC server that takes raw events of other agents and publishes them as they are.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include <sonde/component.hpp>

#include "common/grpc/doorkeeper.hpp"
#include "common/grpc/server.hpp"
#include "relay/intake.hpp"
#include "relay/publisher.hpp"
#include "relay/receive_meters.hpp"
#include "relay/receive_options.hpp"
#include "relay/sessions.hpp"

namespace sonde::relay {

class receive final {
public:
    static constexpr component_info info{
        .role = role::collector,
        .type = "receive_raw",
        .summary = "Takes raw events that other agents send with forward_raw",
        .description =
            "Publishes them with the source, the node and the identity that they had there, so that they are "
            "enriched here as they would be there.",
        .publishes = {"raw/relay/"},
        .flags = SONDE_COMPONENT_STATEFUL,
    };
    static constexpr auto options = receive_option_table;

    explicit receive(host on) : host_(on), meters_(on), publisher_(on, meters_), sessions_(most_sessions) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> run(run_context& until);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);

    // Where it listens, if that is TCP.
    [[nodiscard]] int port() const { return server_ ? server_->port() : 0; }

private:
    static constexpr std::size_t most_sessions = 8192;

    [[nodiscard]] std::unique_ptr<common::grpc::answer> answer_call(const common::grpc::incoming_call& asked,
                                                                    const common::grpc::call_handle& self);
    void take(intake::arrival&& what);
    // False while there is no room for it.
    [[nodiscard]] bool go_on();
    void greet(inlet& from, const session_id& who);
    void ask_for_state();

    host host_;
    receive_meters meters_;
    receive_values values_;
    publisher publisher_;
    sessions sessions_;
    std::uint64_t listeners_ = 1;  // grows when somebody new listens on the bus

    // The request that is being published.
    struct work {
        std::shared_ptr<inlet> from;
        std::string message;
        request_view request;
        publisher::progress at;
    };
    std::optional<work> work_;

    std::unique_ptr<common::grpc::doorkeeper> door_;
    intake intake_;
    std::optional<common::grpc::server> server_;  // ends before the intake
};

}  // namespace sonde::relay
