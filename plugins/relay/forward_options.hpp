// SPDX-License-Identifier: Apache-2.0
// The options of forward_raw, and what they mean.
#pragma once

#include <array>
#include <chrono>
#include <string>

#include <sonde/option.hpp>
#include <sonde/result.hpp>
#include <sonde/settings.hpp>

#include "common/host_identity.hpp"
#include "relay/outbox.hpp"

namespace sonde::relay {

inline constexpr std::array forward_option_table{
    option("endpoint", option_type::string)
        .defaults("https://sonde-pipeline:9090")
        .explained("Where receive_raw listens: https://host:port, or unix:/path"),
    option("ca_file", option_type::path)
        .explained("Certificates of the authority that signed the receiver's, PEM; by default the system's"),
    option("certificate_file", option_type::path).needs("key_file").explained("Client certificate, PEM"),
    option("key_file", option_type::path).needs("certificate_file").explained("Its private key, PEM"),
    option("server_name", option_type::string)
        .explained("Name in the receiver's certificate, where it is not the endpoint's"),
    option("token_file", option_type::path)
        .explained("File with the bearer token that the receiver wants", "It is looked at for each connection."),
    option("batch_events", option_type::integer)
        .defaults("100")
        .range("1", "100000")
        .in_unit("{event}")
        .explained("Events that are sent at once, as soon as there are as many",
                   "Batches of the bus go whole, so that there may be more."),
    option("flush_interval", option_type::duration)
        .defaults("5s")
        .range("1ms", "10m")
        .explained("Longest time that fewer events wait for more",
                   "What enrichment knows is as late as this. Well below a second where contexts are wanted at once."),
    option("buffer", option_type::bytes)
        .defaults("32MiB")
        .range("256KiB", "64GiB")
        .explained("Most memory for events that are not acknowledged; beyond it new ones are lost and counted"),
    option("keep", option_type::duration)
        .defaults("10s")
        .range("0s", "1h")
        .explained("How long acknowledged events are kept",
                   "They are sent again to a receiver that was started anew, since one that ended without warning may "
                   "not have passed them on. They only use what `buffer` leaves."),
    option("retry_limit", option_type::duration)
        .defaults("30s")
        .range("100ms", "10m")
        .explained("Longest pause between two attempts; the first is 200 ms and doubles, with jitter"),
    option("etc_root", option_type::path)
        .defaults("/etc")
        .explained("Where the host's /etc is found; HOST_ETC in the environment, if this is not set"),
    option("proc_root", option_type::path)
        .defaults("/proc")
        .explained("Where the host's /proc is found; HOST_PROC in the environment, if this is not set"),
};

struct forward_values {
    std::string endpoint;  // as configured
    std::string target;    // for gRPC
    bool uses_tls = false;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string server_name;
    std::string token_file;
    outbox_settings outbox;
    std::chrono::nanoseconds retry_limit{};
    common::host_roots roots;
};

// Fails on what is no endpoint.
[[nodiscard]] result<forward_values> read_forward_options(const settings& values);

}  // namespace sonde::relay
