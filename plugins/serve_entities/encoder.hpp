// SPDX-License-Identifier: Apache-2.0
// The encoder serve_entities: takes what is published below entity/ and serves it to other processes by gRPC.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <sonde/component.hpp>

#include "common/grpc/doorkeeper.hpp"
#include "common/grpc/server.hpp"
#include "serve_entities/hub.hpp"
#include "serve_entities/options.hpp"

namespace sonde::serve_entities {

class encoder final {
public:
    static constexpr component_info info{
        .role = role::encoder,
        .type = "serve_entities",
        .summary = "Serves processes, containers, pods and the like to other processes by gRPC",
        .description = "A client gets all entities that are known, then what changes: service EntityService of "
                       "proto/sonde/v1/entity_service.proto.",
        .subscribes = {"entity/"},
        .flags = SONDE_COMPONENT_LOSSLESS,
    };
    static constexpr auto options = option_table;

    explicit encoder(host on) : host_(on), meters_(on) {}

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> consume(const batch_view& batch);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);

    // Where it listens, if that is TCP.
    [[nodiscard]] int port() const { return server_ ? server_->port() : 0; }

private:
    [[nodiscard]] std::unique_ptr<common::grpc::answer> answer_call(const common::grpc::incoming_call& asked,
                                                                    const common::grpc::call_handle& self);
    [[nodiscard]] table::source_id source_of(const batch_view& batch);
    void take(std::span<const std::uint8_t> envelope, table::source_id from);
    void report_room();

    host host_;
    meters meters_;
    option_values values_;

    // A stream is known by lane and number; what comes next in it, and in which incarnation.
    struct position {
        std::uint32_t incarnation = 0;
        std::uint64_t next_item = 0;
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, position> positions_;
    std::map<std::uint32_t, std::uint32_t> incarnations_;  // by lane
    bool is_full_ = false;

    std::unique_ptr<common::grpc::doorkeeper> door_;
    std::optional<hub> hub_;
    std::optional<common::grpc::server> server_;  // ends before the hub
};

}  // namespace sonde::serve_entities
