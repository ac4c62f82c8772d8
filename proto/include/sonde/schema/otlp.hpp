// SPDX-License-Identifier: Apache-2.0
// Envelopes as OTLP: events and other payloads as log records, measured numbers as metrics, spans as spans. What is
// written is valid OTLP whatever comes in; docs/formats/otlp.md says what goes where and what is lost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <sonde/schema/batch.hpp>

namespace sonde::schema {

// What OTLP metrics cannot say, by reason: points, and of `amendment` whole sets.
enum class otlp_loss : std::uint8_t {
    amendment,         // a set that was told before; its points would count twice
    fractional_count,  // a histogram that counts parts of observations
    buckets,           // a histogram whose buckets overlap, or do not go with its bounds
    no_value,          // neither a value nor the mark that there is none
};
inline constexpr std::array<std::string_view, 4> otlp_loss_names{"amendment", "fractional_count", "buckets",
                                                                 "no_value"};

// Serialized ExportLogsServiceRequest, ExportMetricsServiceRequest and ExportTraceServiceRequest; empty if there is
// nothing to tell.
struct otlp_requests {
    std::string logs;
    std::string metrics;
    std::string traces;
};

// Collects envelopes, puts those of one resource and one scope together, and gives them away at once. Reuses its
// memory. Not thread-safe: one per thread.
class SONDE_SCHEMA_API otlp_converter final {
public:
    otlp_converter();
    otlp_converter(otlp_converter&&) noexcept;
    otlp_converter& operator=(otlp_converter&&) noexcept;
    ~otlp_converter();

    // Takes one envelope; `observed` is when the agent had it, Unix ns, or 0 if that is not known.
    void add(const envelope_view& envelope, std::uint64_t observed);

    // Appends what was added since the last time, in OTLP's JSON: one line for each signal and resource, with its line
    // end. Returns how many.
    std::size_t take_lines(std::string& out);
    // The same in protobuf.
    [[nodiscard]] otlp_requests take_requests();
    // Forgets what was added.
    void clear();

    // Envelopes so far whose payload is not what its content type says, or too large to be told field by field: they
    // become log records with the bytes as body.
    [[nodiscard]] std::uint64_t payload_errors() const noexcept;
    // What so far was lost for this reason.
    [[nodiscard]] std::uint64_t lost(otlp_loss why) const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::schema
