// SPDX-License-Identifier: Apache-2.0
// Who asks for connections, and what each has been told: every client gets every change exactly once, at its own pace.
// Also the stream of events is a client. Bounded; a client that is silent loses its place. Single thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "ebpf/connection/aggregate.hpp"
#include "ebpf/connection/baseline.hpp"
#include "ebpf/connection/closed_buffer.hpp"
#include "ebpf/connection/large_memory.hpp"
#include "ebpf/connection/pairing.hpp"

namespace sonde::ebpf::connection {

struct client_settings {
    std::size_t max_clients = 8;
    std::size_t max_closed = 65536;  // rows between two polls
    std::size_t max_failed = 65536;
    std::size_t max_saved = 75000;  // live connections that a client can be told of
    std::chrono::nanoseconds idle_limit = std::chrono::minutes(2);
    bool has_aggregation = true;
    bool has_rollup = false;
    port_range ephemeral;
};

struct client_stats {
    closed_stats closed;
    std::uint64_t no_room = 0;     // live connections beyond max_saved
    std::uint64_t collisions = 0;  // two connections of the same id
    std::uint64_t underflows = 0;  // counters that went back
    std::uint64_t corrupt = 0;     // deltas above the ceilings
    std::uint64_t idle = 0;        // clients that were dropped
    std::uint64_t refused = 0;     // polls beyond max_clients
};

class clients final {
public:
    using actives = std::span<const row* const>;
    // Valid until the next call of anything here or a change of the table behind the rows.
    using answer = std::span<const delta>;

    explicit clients(const client_settings& settings) : settings_(settings) {}

    // A client whose first poll tells what happens from now on; `live` is what has happened. Known ones stay as they
    // are. False if there are too many.
    bool add(std::string_view id, std::uint64_t now, actives live);
    // Gives an ended connection to every client.
    void store(const row& ended);
    // What has changed since the client's previous poll. An unknown client is added, and told of everything since each
    // connection's begin. Nothing if there are too many clients.
    answer poll(std::string_view id, std::uint64_t now, actives live);
    // Only what has ended; what is live stays for the next poll. The end of a TCP connection whose other end is not
    // among the ended may be kept back until the next call: both ends of one end within microseconds, but a look may
    // come between them.
    enum class unpaired : std::uint8_t { tell, keep_back };
    answer poll_closed(std::string_view id, std::uint64_t now, unpaired how = unpaired::tell);
    // Drops clients that have not polled for the idle limit.
    void expire(std::uint64_t now);
    // Gives back what a large answer took; that ends with it.
    void release();

    void set_ephemeral(const port_range& range) noexcept { settings_.ephemeral = range; }
    [[nodiscard]] bool contains(std::string_view id) const { return clients_.contains(id); }
    [[nodiscard]] std::size_t size() const noexcept { return clients_.size(); }
    [[nodiscard]] client_stats stats() const noexcept;

private:
    struct client {
        explicit client(const client_settings& from);
        closed_buffer closed;
        large_vector<row> kept_back;  // by one poll_closed, until the next poll
        baseline saved;
        std::uint64_t last_poll = 0;
        std::uint32_t polls = 0;
    };
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    // Of so many that ended since the last look, few were parted from their other ends by it.
    static constexpr std::size_t most_kept_back = 4096;
    // A connection on its way into the answer.
    struct candidate {
        const row* of = nullptr;
        baseline::place saved = baseline::none;
        std::uint32_t merged = none;  // place in merged_ of counters larger than the row's
        bool is_new = false;          // nothing has been told yet
    };

    client* find_or_add(std::string_view id, std::uint64_t now);
    // Fills closed_ with what was kept back and what has ended since.
    void take_closed(client& of);
    void keep_back_unpaired(client& of, std::size_t first_new);
    void index_closed();
    // True if a closed row of this poll speaks for `live` as well.
    bool yields_to_closed(client& of, const row& live);
    void collect_live(client& of, const row& live);
    void merge_live(candidate& into, const row& live);
    void tell_closed(client& of);
    void tell_live(client& of);
    [[nodiscard]] counters change(const counters& total, const counters& before, bool is_first);
    void push(const row& of, const counters& total, const counters& last);
    answer finish();

    client_settings settings_;
    std::map<std::string, client, std::less<>> clients_;
    client_stats stats_;
    pairing pairing_;
    aggregate aggregate_;
    // Of the poll at hand; kept for their memory.
    large_vector<row> closed_;
    large_vector<std::uint8_t> is_left_out_;  // per closed row
    chain_index closed_by_id_;
    large_vector<candidate> live_;
    large_vector<counters> merged_;
    large_vector<const row*> present_;
    large_vector<delta> deltas_;
};

}  // namespace sonde::ebpf::connection
