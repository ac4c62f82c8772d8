// SPDX-License-Identifier: Apache-2.0
// The three streams of the collector: states, metrics and audit entries. Used by the data thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/host.hpp>
#include <sonde/lane.hpp>

#include "vault/audit_facts.hpp"
#include "vault/schema.hpp"
#include "vault/server_facts.hpp"

namespace sonde::vault {

inline constexpr const char* status_topic = "raw/vault/status/";
inline constexpr const char* metric_topic = "raw/vault/metrics/";
inline constexpr const char* audit_topic = "raw/vault/audit/";

class publisher {
public:
    publisher(const host& on, std::string address) : host_(on), address_(std::move(address)) {}

    [[nodiscard]] result<void> open();

    // Without changes it is a sample.
    void status(const server_facts& now, const server_facts& before, const std::vector<schema::change>& changes);
    void status_snapshot(const server_facts& now);
    // Finished fields of a MetricSet.
    void metrics(std::span<const std::uint8_t> fields);
    // SONDE_AGAIN if the lane had no room within `patience`; nothing is counted then.
    [[nodiscard]] sonde_rc audit(const audit_facts& of, schema::entry_source from, std::chrono::nanoseconds patience);
    // Counts an entry that was given up because the lane had no room.
    void lose_audit(std::size_t bytes) const { audit_.drop(1, bytes, drop_reason::lane_full); }

    [[nodiscard]] bool has_reader_of_metrics() const noexcept { return metrics_.has_subscriber(); }
    [[nodiscard]] bool has_reader_of_audit() const noexcept { return audit_.has_subscriber(); }

    // Hands over what is waiting.
    void flush();

private:
    void tell(const server_facts& now, const server_facts* before, const std::vector<schema::change>& changes);
    void write(wire::writer& out, const server_facts& of);
    void write(wire::writer& out, const replication_facts& of);
    void write(wire::writer& out, const audit_facts& of, schema::entry_source from);
    void text(wire::writer& out, std::uint32_t field, std::string_view value);

    host host_;
    std::string address_;
    stream status_;
    stream metrics_;
    stream audit_;
    bool is_waiting_ = false;
    std::string scratch_;
};

}  // namespace sonde::vault
