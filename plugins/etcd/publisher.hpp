// SPDX-License-Identifier: Apache-2.0
// The two streams of the collector: events and status. Here it is decided which values leave: those of secrets never
// do. Used by the data thread.
#pragma once

#include <array>
#include <string>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "etcd/member_facts.hpp"
#include "etcd/messages.hpp"
#include "etcd/meters.hpp"
#include "etcd/options.hpp"
#include "etcd/schema.hpp"
#include "etcd/watch.hpp"

namespace sonde::etcd {

inline constexpr const char* event_topic = "raw/etcd/event/";
inline constexpr const char* status_topic = "raw/etcd/status/";

// The same for the same event, however often and from whichever member it is read.
[[nodiscard]] std::array<std::uint8_t, 16> event_id(schema::event_kind what, std::uint64_t cluster_id,
                                                    std::uint64_t revision, std::string_view key) noexcept;

class publisher {
public:
    publisher(const host& on, const meters& counted) : host_(on), meters_(&counted) {}

    [[nodiscard]] result<void> open(const value_options& of);

    // False if the lane has no room: then the same has to be told again later.
    [[nodiscard]] bool event(std::uint64_t cluster_id, const key_event& of);
    [[nodiscard]] bool listed(std::uint64_t cluster_id, std::uint64_t revision, const key_value& of, bool is_key_only);
    [[nodiscard]] bool missed(std::uint64_t cluster_id, const key_range& of, const gap_facts& what);
    [[nodiscard]] bool synced(std::uint64_t cluster_id, const key_range& of, std::uint64_t revision,
                              std::uint64_t keys);
    // A status that finds no room is lost, and counted: the next one is as good.
    void status(const member_facts& of, bool is_snapshot);

    [[nodiscard]] bool has_reader_of_events() const noexcept { return events_.has_subscriber(); }
    [[nodiscard]] bool is_secret(std::string_view key) const noexcept;
    [[nodiscard]] bool is_waiting() const noexcept { return is_waiting_; }
    // Hands over what is waiting.
    void flush();

private:
    template <class Fill>
    [[nodiscard]] bool publish(schema::event_kind what, std::uint64_t cluster_id, std::uint64_t revision,
                               std::string_view key, std::size_t size_hint, Fill&& fill);
    void write_key(wire::writer& out, std::string_view key);
    void write_pair(wire::writer& out, const key_value& of);
    void write_value(wire::writer& out, std::uint32_t field, std::string_view value, bool is_withheld);
    void write_range(wire::writer& out, const key_range& of);
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    host host_;
    const meters* meters_;
    value_options values_;
    stream events_;
    stream statuses_;
    bool is_waiting_ = false;
    std::string scratch_;
};

}  // namespace sonde::etcd
