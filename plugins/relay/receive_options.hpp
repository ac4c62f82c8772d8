// SPDX-License-Identifier: Apache-2.0
// The options of receive_raw, and what they mean.
#pragma once

#include <array>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

#include "common/grpc/listen_options.hpp"

namespace sonde::relay {

inline constexpr std::array receive_own_options{
    option("client_limit", option_type::integer)
        .defaults("64")
        .range("1", "4096")
        .in_unit("{client}")
        .explained("Most senders at once", "Each may have up to two requests of at most 4 MiB waiting here."),
};
inline constexpr auto receive_option_table = common::grpc::with_listening(receive_own_options, "/run/sonde/relay.sock");

struct receive_values {
    common::grpc::listen_options at;
    std::size_t client_limit = 64;
};

// Fails if it would listen on TCP without TLS or a token.
[[nodiscard]] result<receive_values> read_receive_options(const settings& values);

}  // namespace sonde::relay
