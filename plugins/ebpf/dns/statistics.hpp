// SPDX-License-Identifier: Apache-2.0
// What clients ask servers and how that ends: queries are kept until their response or the timeout, and counted by
// endpoints, name and record type. Counters add up from one take to the next. Used by one thread; time is given by the
// caller (CLOCK_MONOTONIC, nanoseconds).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "ebpf/dns/address.hpp"
#include "ebpf/dns/flat_table.hpp"
#include "ebpf/dns/message.hpp"
#include "ebpf/dns/name_pool.hpp"

namespace sonde::ebpf::dns {

// Whose query. Network namespaces are told apart, since they share address ranges; 0: not known.
struct endpoints {
    std::array<std::uint8_t, 16> server{};
    std::array<std::uint8_t, 16> client{};
    std::uint32_t network_namespace = 0;
    std::uint16_t client_port = 0;
    family of = family::none;
    std::uint8_t protocol = 0;  // IPPROTO_UDP or IPPROTO_TCP

    bool operator==(const endpoints&) const = default;
};

struct outcome {
    static constexpr std::size_t response_codes = 16;

    std::uint64_t timeouts = 0;
    std::uint64_t success_microseconds = 0;  // summed latency of response code 0
    std::uint64_t failure_microseconds = 0;  // of the others
    std::array<std::uint64_t, response_codes> by_response_code{};
};

// `name` holds during the visit.
struct statistics_row {
    const endpoints& of;
    std::string_view name;
    std::uint16_t type;
    const outcome& what;
};

struct statistics_limits {
    std::size_t outstanding = 10'000;
    std::size_t rows = 20'000;
    std::uint64_t timeout = 15'000'000'000;  // nanoseconds
};

// Since the start.
struct statistics_counts {
    std::uint64_t queries = 0;
    std::uint64_t responses = 0;  // to a query that was seen
    std::uint64_t timeouts = 0;
    std::uint64_t repeated_queries = 0;  // the first one is kept
    std::uint64_t unmatched = 0;         // responses without a query, or about another name or type
    std::uint64_t dropped_queries = 0;   // too many outstanding
    std::uint64_t dropped_rows = 0;      // outcomes for which there was no row left
};

class statistics final {
public:
    explicit statistics(statistics_limits limits = {});

    void query(const endpoints& of, const message& asked, std::uint64_t now);
    void response(const endpoints& of, const message& answer, std::uint64_t now);
    // Turns what is older than the timeout into timeouts; once per timeout period is enough.
    void sweep(std::uint64_t now);

    // Visits every row; rows of the same endpoints follow each other.
    template <class Visit>
    void for_each(Visit&& visit) {
        for (const std::uint32_t at : in_order()) {
            const row& each = rows_[at];
            visit(statistics_row{each.key.of, names_.text(each.key.name), each.key.type, each.what});
        }
    }
    // The same, and begins anew. Outstanding queries stay.
    template <class Visit>
    void take(Visit&& visit) {
        for_each(visit);
        clear();
    }

    [[nodiscard]] const statistics_counts& counts() const noexcept { return counts_; }
    [[nodiscard]] std::size_t outstanding() const noexcept { return pending_.size(); }
    [[nodiscard]] std::size_t rows() const noexcept { return rows_.size(); }

private:
    struct pending_query {
        endpoints of;
        std::uint64_t sent = 0;
        name_pool::number name = 0;
        std::uint16_t id = 0;
        std::uint16_t type = 0;
    };
    // No padding: it is hashed as bytes.
    struct row_key {
        endpoints of;
        name_pool::number name = 0;
        std::uint16_t type = 0;
        std::uint16_t zero = 0;

        bool operator==(const row_key&) const = default;
    };
    struct row {
        row_key key;
        outcome what;
    };

    [[nodiscard]] std::uint64_t hash(const endpoints& of, std::uint16_t id) const noexcept;
    [[nodiscard]] pending_query* find(const endpoints& of, std::uint16_t id) noexcept;
    // The outcome to count in, or null when there is no row left.
    [[nodiscard]] outcome* outcome_of(const pending_query& query);
    void count_timeout(const pending_query& query);
    [[nodiscard]] const std::vector<std::uint32_t>& in_order();
    void clear();

    statistics_limits limits_;
    statistics_counts counts_;
    name_pool names_;
    flat_table<pending_query> pending_;
    flat_table<std::uint32_t> index_;  // of rows_
    std::vector<row> rows_;
    std::vector<std::uint32_t> order_;  // kept for its room
};

}  // namespace sonde::ebpf::dns
