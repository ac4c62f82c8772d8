// SPDX-License-Identifier: Apache-2.0
// The connection over which the ranges are watched: to one endpoint at a time, and to the next when it fails. Each
// watch goes on after the last revision that was told, whatever the endpoint; where that is not possible, a gap is told
// and the range as it is. An event's position is kept only once the event has been published, so each is told at least
// once, and those of a range in the order of their revisions. While the lane has no room, or nobody listens, the server
// has to wait. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/collecting/backoff.hpp>
#include <sonde/host.hpp>

#include "common/grpc/client.hpp"
#include "common/grpc/unary.hpp"
#include "common/part_state.hpp"
#include "etcd/meters.hpp"
#include "etcd/options.hpp"
#include "etcd/publisher.hpp"
#include "etcd/resync.hpp"
#include "etcd/watch.hpp"

namespace sonde::etcd {

class session final : private common::grpc::receiver {
public:
    // `token` is kept for whoever asks members too.
    session(const host& on, const option_values& of, const meters& counted, publisher& out, std::string& token,
            std::uint32_t seed);
    session(const session&) = delete;
    session& operator=(const session&) = delete;
    ~session();

    void start();
    void turn();
    // Saves the exact positions.
    void finish();

    // Its fd is -1 while there is no connection.
    [[nodiscard]] pollfd descriptor() const noexcept;
    // CLOCK_MONOTONIC time of the next wanted turn; 0 if there is more to do at once.
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept;
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    [[nodiscard]] const endpoint& at() const noexcept { return of_->endpoints[current_]; }
    [[nodiscard]] std::uint64_t cluster_id() const noexcept { return cluster_id_; }
    [[nodiscard]] bool is_following() const noexcept;
    // The revision up to which range `i` was told; 0 if there is none.
    [[nodiscard]] std::uint64_t revision(std::size_t i) const noexcept;

private:
    enum class phase : std::uint8_t { none, asked, following };
    struct row {
        watch of;
        phase now = phase::none;
    };
    enum class listing_step : std::uint8_t { tell_gap, ask, wait, tell_page, tell_synced };
    struct listing {
        std::size_t row = 0;
        resync pages;
        listing_step next = listing_step::tell_gap;
        std::vector<std::uint8_t> page{};
        std::size_t told = 0;  // of the page
    };
    using handler = void (session::*)(bytes answer);

    [[nodiscard]] bool open_positions();
    void connect();
    void ask(std::string_view method, std::string message, handler then);
    void refused(const common::grpc::outcome& how);
    void authenticate();
    void take_token(bytes answer);
    void probe();
    void take_probe(bytes answer);

    // The watches (session_watch.cpp).
    void follow(std::size_t i);
    void on_message(std::span<const std::uint8_t> message) override;
    void on_end(const common::grpc::outcome& how) override;
    // False if there was no room for all of it; `told_` says how far it came.
    [[nodiscard]] bool tell(bytes message);
    void canceled(const watch_response& response);
    void hold(bytes message);
    void release();
    void ask_for_life(std::chrono::nanoseconds now);

    // The range as it is, where a watch cannot go on (session_listing.cpp).
    void list_next();
    void go_on_listing();
    void ask_page();
    // A page was refused; true if there is another way to ask for it.
    [[nodiscard]] bool ask_otherwise(const common::grpc::outcome& how);
    void take_page(bytes answer);
    [[nodiscard]] bool tell_page();
    void finish_listing();

    void reached(std::size_t i);
    void tell_positions(const std::function<void(std::string_view, std::string)>& take) const;
    void lose(problem why);
    void close();
    void judge();
    [[nodiscard]] common::grpc::metadata headers() const;

    host host_;
    const option_values* of_;
    const meters* meters_;
    publisher* out_;
    std::string* token_;
    collecting::backoff pause_;
    collecting::position_store::keeper position_;
    std::vector<std::string> keys_;  // of the file of positions, by range
    std::vector<row> rows_;
    std::size_t current_ = 0;  // endpoint
    std::optional<common::grpc::client> client_;
    common::grpc::unary call_;
    common::grpc::unary heartbeat_;
    common::grpc::call_id stream_ = 0;
    std::optional<listing> listing_;
    std::vector<std::uint8_t> held_;  // a message that waits for room
    std::size_t told_ = 0;            // events of the message at hand that have been told
    bool has_renewed_ = false;        // the token, on this connection
    bool is_logging_in_ = false;
    bool is_in_use_ = false;  // another instance has the file of positions
    std::uint64_t cluster_id_ = 0;
    std::chrono::nanoseconds opens_at_{};
    std::chrono::nanoseconds opened_at_{};
    std::chrono::nanoseconds heard_at_{};
    std::optional<problem> lost_;    // the connection has to be given up, outside of its own callbacks
    std::optional<problem> failed_;  // why there was none last
    common::part_state state_;
};

}  // namespace sonde::etcd
