// SPDX-License-Identifier: Apache-2.0
// The connections that are listened to: each is opened up to its protocol, and those of HTTP/1.x are followed from
// exchange to exchange. Of a connection whose both ends are heard only the client's end is followed. Bounded, and what
// does not fit is counted. Used by one thread; no clock but the times of segments and of the caller.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <variant>

#include "ebpf/payload/connection_kinds.hpp"
#include "ebpf/payload/http_statistics.hpp"
#include "ebpf/payload/opening.hpp"
#include "ebpf/payload/position.hpp"
#include "ebpf/payload/record.hpp"
#include "ebpf/protocol/exchange.hpp"

namespace sonde::ebpf::payload {

struct conversation_settings {
    std::size_t most = 8192;
    kind_set wanted;  // kinds that are told of; HTTP/1.x is followed if it is one of them
    http_limits http;
    std::uint64_t patience = 120'000'000'000;      // of a silent connection; one of HTTP is taken up again
    std::uint64_t left_for = 2'000'000'000;        // what was refused may still be on its way from the kernel
    std::uint64_t last_patience = 10'000'000'000;  // for answers, once an end sends nothing more
};

// Since the start. A connection is counted for each end that was heard.
struct conversation_counts {
    std::array<std::uint64_t, protocol::kinds> by_kind{};  // unknown: given up
    std::uint64_t table_full = 0;                          // segments of connections without a place
    std::uint64_t repeated = 0;                            // segments that say what was heard before
    std::uint64_t second_ends = 0;                         // left to the other end of the same connection
    std::uint64_t unanswered = 0;                          // requests, when their connection was given up
};

class conversations final {
public:
    // A socket of which no more segments are wanted.
    using unwanted = std::function<void(std::uint64_t cookie)>;

    // `kinds` may be null, and outlives the object.
    conversations(const conversation_settings& settings, connection_kinds* kinds, unwanted on_unwanted);

    void take(const segment& heard);
    // Lets go what has ended or is silent; every few seconds.
    void sweep(std::uint64_t now);

    [[nodiscard]] std::size_t size() const noexcept { return table_.size(); }
    [[nodiscard]] const conversation_settings& settings() const noexcept { return settings_; }
    [[nodiscard]] const conversation_counts& counts() const noexcept { return counts_; }
    [[nodiscard]] const protocol::exchange_counts& exchanges() const noexcept { return exchanges_; }
    [[nodiscard]] http_statistics& statistics() noexcept { return statistics_; }
    [[nodiscard]] const http_statistics& statistics() const noexcept { return statistics_; }

private:
    struct following {
        protocol::http_connection of;
        http_statistics::service to;
    };
    struct conversation {
        connection::tuple ends;
        connection::role is = connection::role::unknown;
        std::uint64_t heard = 0;
        position sent;
        position received;
        bool is_ended = false;
        std::variant<opening, following> what;
    };
    using table = std::unordered_map<std::uint64_t, conversation>;  // by cookie
    // Both ends of a connection have the same one, unless addresses are translated between them.
    struct pair_key {
        connection::endpoint client;
        connection::endpoint server;
        std::uint32_t network_namespace = 0;  // only for loopback addresses, which each namespace has
        bool operator==(const pair_key&) const = default;
    };
    struct pair_hash {
        std::size_t operator()(const pair_key& key) const noexcept;
    };
    struct heard_end {
        std::uint64_t cookie;
        connection::role is;
    };

    // All of these say whether the conversation goes on.
    [[nodiscard]] bool listen(std::uint64_t cookie, conversation& to, const segment& heard, const position::step& at);
    [[nodiscard]] bool begin_http(std::uint64_t cookie, conversation& of);
    [[nodiscard]] bool follow(conversation& of, const segment& heard, const position::step& at);
    [[nodiscard]] bool exchange(following& in, bool is_client, const protocol::payload& sent, std::uint64_t now);
    // False: the client's end is followed already.
    [[nodiscard]] bool claim(std::uint64_t cookie, const conversation& of);
    [[nodiscard]] table::iterator find_or_begin(const segment& heard);
    void stop(table::iterator at);
    void forget(const table::value_type& gone);
    [[nodiscard]] static pair_key pair_of(const conversation& of) noexcept;
    [[nodiscard]] bool is_over(const conversation& of, std::uint64_t now) const noexcept;

    conversation_settings settings_;
    connection_kinds* kinds_;
    unwanted on_unwanted_;
    table table_;
    std::unordered_map<pair_key, heard_end, pair_hash> pairs_;  // of those that are followed
    std::unordered_map<std::uint64_t, std::uint64_t> left_;     // when, by cookie; as many as the table at most
    http_statistics statistics_;
    protocol::exchange_counts exchanges_;
    conversation_counts counts_;
};

}  // namespace sonde::ebpf::payload
