// SPDX-License-Identifier: Apache-2.0
// The streams of the collector, one for each of its parts. Used by the data thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "cni/event.hpp"
#include "cni/meters.hpp"

namespace sonde::cni {

inline constexpr const char* log_topic = "raw/cni/log/";
inline constexpr const char* operation_topic = "raw/cni/operation/";
inline constexpr const char* config_topic = "raw/cni/config/";
inline constexpr const char* result_topic = "raw/cni/result/";
inline constexpr const char* network_topic = "raw/cni/network/";

using event_id = std::array<std::uint8_t, 16>;

class publisher {
public:
    publisher(const host& on, const meters& counted) : host_(on), meters_(&counted) {}

    [[nodiscard]] result<void> open();

    // For what cannot be told again: waits a little for room, and counts what finds none.
    void tell(const event& of);
    // A line of a log. SONDE_AGAIN: the lane is full, it has to be told again.
    [[nodiscard]] sonde_rc tell_line(const event& of, const event_id& id, std::chrono::nanoseconds patience);
    [[nodiscard]] bool has_reader_of_lines() const noexcept { return streams_[1].has_subscriber(); }

    // Hands over what is waiting.
    void flush();
    [[nodiscard]] std::chrono::nanoseconds wall() const { return host_.wall(); }

private:
    [[nodiscard]] sonde_rc publish(const event& of, const event_id* id, std::chrono::nanoseconds patience);

    host host_;
    const meters* meters_;
    std::array<stream, 6> streams_;  // by schema::source
    bool is_waiting_ = false;
    bool is_full_ = false;
    std::string scratch_;
};

}  // namespace sonde::cni
