// SPDX-License-Identifier: Apache-2.0
// Envelopes from anybody become valid OTLP: each line is JSON and UTF-8, each request reads back as the message that it
// is, and no envelope goes away without a trace.
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <sonde/schema/otlp.hpp>

#include <sonde/otlp/v1/logs.pb.h>
#include <sonde/otlp/v1/metrics.pb.h>
#include <sonde/otlp/v1/trace.pb.h>

namespace {

using namespace sonde;
namespace pb = ::sonde::otlp::v1;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

constexpr std::string_view types[] = {"sonde.v1.UnifiedEvent", "sonde.v1.MetricSet", "sonde.v1.Span",
                                      "sonde.v1.ProcessEvent", "text/plain",         "application/x-unknown"};

// The envelopes of a batch, or one with a payload of a type that the input chooses.
void add_all(std::span<const std::uint8_t> input, schema::otlp_converter& to, std::uint64_t& count) {
    const std::uint8_t choice = input.front();
    input = input.subspan(1);
    if (choice >= std::size(types)) {
        schema::batch_reader reader;
        reader.open(input, 0, "raw/fuzz/");
        for (const auto* each = reader.next(); each != nullptr; each = reader.next(), ++count) {
            to.add(*each, 1);
        }
        return;
    }
    schema::envelope_view envelope;
    envelope.content_type = types[choice];
    envelope.revision = 1;
    envelope.data = input;
    to.add(envelope, 1);
    ++count;
}

std::uint64_t expect_lines(schema::otlp_converter& of) {
    std::string text;
    const std::size_t lines = of.take_lines(text);
    std::size_t found = 0;
    boost::json::parse_options options;
    options.max_depth = 256;  // of values in lists in values
    for (std::string_view rest = text; !rest.empty(); ++found) {
        const std::size_t end = rest.find('\n');
        require(end != std::string_view::npos);
        boost::json::error_code problem;
        static_cast<void>(boost::json::parse(rest.substr(0, end), problem, {}, options));
        require(!problem);
        rest.remove_prefix(end + 1);
    }
    require(found == lines);
    return lines;
}

void expect_requests(schema::otlp_converter& of) {
    const schema::otlp_requests taken = of.take_requests();
    pb::ExportLogsServiceRequest logs;
    pb::ExportMetricsServiceRequest metrics;
    pb::ExportTraceServiceRequest traces;
    require(logs.ParseFromString(taken.logs) && metrics.ParseFromString(taken.metrics) &&
            traces.ParseFromString(taken.traces));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    static schema::otlp_converter converter;  // as an encoder has it: with what it learned from the inputs before
    std::uint64_t envelopes = 0;
    const std::uint64_t errors_before = converter.payload_errors();
    const std::uint64_t amendments_before = converter.lost(schema::otlp_loss::amendment);
    add_all({data, size}, converter, envelopes);
    const std::uint64_t amendments = converter.lost(schema::otlp_loss::amendment) - amendments_before;
    const std::uint64_t lines = expect_lines(converter);
    require(envelopes == 0 || lines + amendments > 0);
    require(converter.payload_errors() - errors_before <= envelopes);
    add_all({data, size}, converter, envelopes);
    expect_requests(converter);
    return 0;
}
