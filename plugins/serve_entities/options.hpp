// SPDX-License-Identifier: Apache-2.0
// The options of serve_entities, and what they mean.
#pragma once

#include <array>
#include <chrono>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

#include "common/grpc/listen_options.hpp"

namespace sonde::serve_entities {

inline constexpr std::array own_options{
    option("client_limit", option_type::integer)
        .defaults("16")
        .range("1", "1024")
        .in_unit("{client}")
        .explained("Most streams at once"),
    option("client_buffer", option_type::bytes)
        .defaults("8MiB")
        .range("1KiB", "1GiB")
        .explained("Changes that wait for one client; one that is slower is ended and has to begin anew"),
    option("entity_limit", option_type::integer)
        .defaults("500000")
        .range("16", "10000000")
        .in_unit("{entity}")
        .explained("Most entities that are kept"),
    option("settle_time", option_type::duration)
        .defaults("5s")
        .range("0s", "10m")
        .explained(
            "Longest wait for the sources before clients get their first snapshot",
            "After a start little is known, and a client would take what is not told as deleted. Sources that say "
            "that they have told all of a kind end the wait for that kind."),
};
inline constexpr auto option_table = common::grpc::with_listening(own_options, "/run/sonde/entities.sock");

struct option_values {
    common::grpc::listen_options at;
    std::size_t client_limit = 16;
    std::size_t client_buffer = 8U << 20;
    std::size_t entity_limit = 500'000;
    std::chrono::nanoseconds settle_time{};
};

// Fails if it would serve over TCP without TLS or a token.
[[nodiscard]] result<option_values> read_options(const settings& values);

}  // namespace sonde::serve_entities
