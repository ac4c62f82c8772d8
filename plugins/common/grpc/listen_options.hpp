// SPDX-License-Identifier: Apache-2.0
// The options of whoever listens for gRPC calls: the same six, with the same texts, at the beginning of its own table.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

namespace sonde::common::grpc {

// The six and `own`; `socket` is the default of the socket's.
template <std::size_t count>
[[nodiscard]] constexpr std::array<option, 6 + count> with_listening(const std::array<option, count>& own,
                                                                     const char* socket) noexcept {
    return [&]<std::size_t... at>(std::index_sequence<at...>) {
        return std::array<option, 6 + count>{
            option("socket", option_type::path)
                .defaults(socket)
                .explained("Unix socket to listen at, for its owner alone (mode 0600)", "Not used if listen is given."),
            option("listen", option_type::string)
                .explained("TCP address to listen at instead, as host:port",
                           "Needs tls_certificate, tls_key and token_file."),
            option("tls_certificate", option_type::path).explained("File with our certificate and its chain, as PEM"),
            option("tls_key", option_type::path).explained("File with the key of it, as PEM"),
            option("tls_client_ca", option_type::path)
                .explained("File with the authorities of clients, as PEM; if given, clients need a certificate"),
            option("token_file", option_type::path)
                .explained("File with the bearer token that clients have to send",
                           "It is looked at for each call, so a new token counts at once."),
            own[at]...,
        };
    }(std::make_index_sequence<count>{});
}

struct listen_options {
    std::string socket;
    std::string listen;  // empty: the socket counts
    std::string tls_certificate;
    std::string tls_key;
    std::string tls_client_ca;
    std::string token_file;
};

// Fails on TCP without TLS or without a token.
[[nodiscard]] result<listen_options> read_listening(const settings& values);

}  // namespace sonde::common::grpc
