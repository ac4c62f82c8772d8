// SPDX-License-Identifier: Apache-2.0
// The options of receive_raw, and what they mean.
#pragma once

#include <array>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

#include "common/grpc/doorkeeper.hpp"

namespace sonde::relay {

inline constexpr std::array receive_option_table{
    option("socket", option_type::path)
        .defaults("/run/sonde/relay.sock")
        .explained("Unix socket to listen at, for its owner alone (mode 0600)", "Not used if listen is given."),
    option("listen", option_type::string)
        .explained("TCP address to listen at instead, as host:port", "Needs tls_certificate, tls_key and token_file."),
    option("tls_certificate", option_type::path).explained("File with our certificate and its chain, as PEM"),
    option("tls_key", option_type::path).explained("File with the key of it, as PEM"),
    option("tls_client_ca", option_type::path)
        .explained("File with the authorities of senders, as PEM; if given, senders need a certificate"),
    option("token_file", option_type::path)
        .explained("File with the bearer token that senders have to send",
                   "It is looked at for each call, so a new token counts at once."),
    option("client_limit", option_type::integer)
        .defaults("64")
        .range("1", "4096")
        .in_unit("{client}")
        .explained("Most senders at once", "Each may have up to two requests of at most 4 MiB waiting here."),
};

struct receive_values {
    common::grpc::listen_options at;
    std::size_t client_limit = 64;
};

// Fails if it would listen on TCP without TLS or a token.
[[nodiscard]] result<receive_values> read_receive_options(const settings& values);

}  // namespace sonde::relay
