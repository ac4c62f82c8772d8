// SPDX-License-Identifier: Apache-2.0
// The encoder encode_jsonl: lines of JSON, one per envelope or, as OTLP, one per signal and resource. A batch is taken
// whole or refused whole, so that the host's count of failed items and the count of lost lines here never overlap.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include <sonde/component.hpp>
#include <sonde/schema/batch.hpp>
#include <sonde/schema/json.hpp>
#include <sonde/schema/otlp.hpp>

#include "encode_jsonl/line_file.hpp"
#include "encode_jsonl/options.hpp"

namespace sonde::encode_jsonl {

class encoder final {
public:
    static constexpr component_info info{
        .role = role::encoder,
        .type = "encode_jsonl",
        .summary = "Writes every envelope as one line of JSON to a file or to standard output",
        .description = "The members of the lines are described in docs/formats/jsonl.md; with format = \"otlp\" they "
                       "are OTLP/JSON, described in docs/formats/otlp.md.",
        .subscribes = {"raw/", "event/", "conn/", "entity/", "path/", "finding/", "graph/", "span/", "self/"},
    };
    static constexpr auto options = option_table;

    explicit encoder(host on) : encoder(on, real_calls_) {}
    // For tests: with other system calls, which outlive the encoder.
    encoder(host on, file_calls& calls);

    [[nodiscard]] result<void> configure(const settings& values);
    [[nodiscard]] result<void> start();
    [[nodiscard]] result<void> consume(const batch_view& batch);
    [[nodiscard]] std::chrono::nanoseconds idle(std::chrono::nanoseconds now);
    [[nodiscard]] result<void> stop(std::chrono::nanoseconds deadline);

private:
    void encode(const batch_view& batch);
    std::uint64_t append_lines(const batch_view& batch, std::string& out);
    void measure(const schema::envelope_view& envelope, std::uint64_t now) const;
    void count_losses();
    void flush(std::chrono::nanoseconds now);
    void report(const std::optional<failure>& problem);

    host host_;
    file_calls real_calls_;
    file_calls* calls_;
    line_file_options options_;
    line_format format_ = line_format::sonde;
    std::optional<line_file> file_;
    schema::batch_reader reader_;
    schema::json_printer printer_;
    std::optional<schema::otlp_converter> converter_;  // only if the format is OTLP
    std::string_view reported_;                        // reason of the last report; empty: all is well
    counter malformed_;
    counter payload_errors_;
    std::uint64_t told_payload_errors_ = 0;
    std::array<counter, schema::otlp_loss_names.size()> not_representable_;
    std::array<std::uint64_t, schema::otlp_loss_names.size()> told_not_representable_{};
    gauge pending_bytes_;
    histogram event_age_;
};

}  // namespace sonde::encode_jsonl
