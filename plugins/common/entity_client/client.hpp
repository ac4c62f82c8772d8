// SPDX-License-Identifier: Apache-2.0
// Follows the entities of another process over gRPC. For one thread that waits on descriptors: poll fd() for reading
// and call turn() when it is readable or due() has come. A lost connection is made again after growing pauses, without
// end; what is known stays known meanwhile.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/entity_client/mirror.hpp"
#include "common/grpc/client.hpp"
#include "common/http/token_file.hpp"

namespace sonde::common::entities {

struct client_options {
    grpc::client_settings server;
    std::string token_file;  // empty: none is sent
    entity_filter filter;
    std::chrono::nanoseconds first_pause = std::chrono::milliseconds(500);
    std::chrono::nanoseconds longest_pause = std::chrono::minutes(5);
    std::chrono::nanoseconds silence_limit = std::chrono::minutes(10);  // then the stream is begun anew
    std::size_t most_entities = 1'000'000;
};

class entity_client final : private grpc::receiver {
public:
    // `seed` spreads the attempts of many clients. The listener must outlive the client.
    entity_client(const host& on, client_options options, entity_listener& to, std::uint32_t seed);
    entity_client(const entity_client&) = delete;
    entity_client& operator=(const entity_client&) = delete;
    ~entity_client();

    // -1 while there is no connection.
    [[nodiscard]] int fd() const noexcept { return client_ ? client_->fd() : -1; }
    // When turn() is to be called at the latest.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return due_; }
    void turn(std::chrono::nanoseconds now);

    [[nodiscard]] bool is_synced() const noexcept { return mirror_.is_synced(); }
    [[nodiscard]] std::size_t size() const noexcept { return mirror_.size(); }
    // Why there is no stream: empty while there is one.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

private:
    void connect();
    void pause(std::string why);
    void publish_counts();
    void on_message(std::span<const std::uint8_t> message) override;
    void on_end(const grpc::outcome& how) override;

    client_options options_;
    http::token_file token_;
    collecting::backoff backoff_;
    mirror mirror_;
    mirror_counts told_;  // to the metrics
    std::optional<grpc::client> client_;
    grpc::call_id call_ = 0;
    std::chrono::nanoseconds now_{};
    std::chrono::nanoseconds due_{};
    std::string problem_;

    counter attempts_;
    counter failures_;
    counter set_;
    counter unset_;
    counter silent_;
    counter malformed_;
    counter resyncs_;
    gauge connected_;
    gauge entities_;
    gauge pause_;
};

}  // namespace sonde::common::entities
