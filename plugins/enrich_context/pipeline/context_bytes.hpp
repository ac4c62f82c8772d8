// SPDX-License-Identifier: Apache-2.0
// Reads and joins contexts as the store encodes them: the fields of a sonde.v1.Context, never the whole message.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <sonde/wire.hpp>

namespace sonde::enrich_context::pipeline {

// What of a context goes into the envelope, too.
struct context_facts {
    std::string_view container_id;
    std::uint64_t container_started = 0;  // Unix ns
    std::string_view pod_uid;
    std::string_view pod_name;
    std::string_view pod_namespace;
    bool has_service_name = false;  // of the process
};
[[nodiscard]] context_facts read_facts(std::span<const std::uint8_t> context);

// Appends the services of `from`, or its reason for having none.
void copy_services(std::span<const std::uint8_t> from, std::vector<std::uint8_t>& to);

// Makes `to` of `services`, as copied above, then `context` without those services and without its reason for having
// none: whether what was dialled is a service does not depend on who answers.
void put_services_first(std::span<const std::uint8_t> services, std::span<const std::uint8_t> context,
                        std::vector<std::uint8_t>& to);

// Writes `context`, its reasons for what is missing replaced by "timed out" where more time might have helped.
void write_timed_out(wire::writer& out, std::span<const std::uint8_t> context);

}  // namespace sonde::enrich_context::pipeline
