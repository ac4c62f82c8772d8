// SPDX-License-Identifier: Apache-2.0
// The rules of OTLP's JSON, each by itself, and the numbers of the published messages.
#include <sonde/schema/otlp.hpp>

#include <limits>

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <sonde/v1/event.pb.h>
#include <sonde/v1/metric.pb.h>
#include <sonde/v1/span.pb.h>

#include "full_message.hpp"
#include "otlp_samples.hpp"

namespace sonde::schema::testing {
namespace {

namespace json = boost::json;

std::vector<json::object> lines_of(otlp_converter& from) {
    std::string text;
    const std::size_t count = from.take_lines(text);
    std::vector<json::object> lines;
    std::size_t at = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; at = end + 1, end = text.find('\n', at)) {
        lines.push_back(json::parse(text.substr(at, end - at)).as_object());
    }
    EXPECT_EQ(at, text.size());
    EXPECT_EQ(lines.size(), count);
    return lines;
}

json::object line_of(const v1::EnvelopeBatch& batch) {
    otlp_converter converter;
    add_to(converter, batch);
    return lines_of(converter).at(0);
}

TEST(OtlpJson, has_hex_ids_strings_for_long_numbers_and_numbers_for_enums) {
    v1::UnifiedEvent event;
    event.set_severity(v1::SEVERITY_NUMBER_INFO);
    auto batch = batch_of(event);
    batch.mutable_envelopes(0)->set_trace_id(std::string(16, '\xab'));
    batch.mutable_envelopes(0)->set_span_id(std::string(8, '\x0c'));
    const json::object line = line_of(batch);
    const auto& record = line.at("resourceLogs").at(0).at("scopeLogs").at(0).at("logRecords").at(0);
    EXPECT_EQ(record.at("traceId"), "abababababababababababababababab");
    EXPECT_EQ(record.at("spanId"), "0c0c0c0c0c0c0c0c");
    EXPECT_EQ(record.at("timeUnixNano"), "1700000000123456789");
    EXPECT_EQ(record.at("observedTimeUnixNano"), "1700000000123456794");
    EXPECT_EQ(record.at("severityNumber"), 9);

    v1::MetricSet set;
    auto& metric = *set.add_metrics();
    metric.set_kind(v1::METRIC_KIND_SUM);
    metric.add_points()->set_int_value(-5);
    metric.add_points()->set_double_value(std::numeric_limits<double>::infinity());
    metric.add_points()->set_double_value(std::numeric_limits<double>::quiet_NaN());
    const json::object metrics = line_of(batch_of(set));
    const auto& sum = metrics.at("resourceMetrics").at(0).at("scopeMetrics").at(0).at("metrics").at(0).at("sum");
    EXPECT_EQ(sum.at("aggregationTemporality"), 2);
    EXPECT_EQ(sum.at("dataPoints").at(0).at("asInt"), "-5");
    EXPECT_EQ(sum.at("dataPoints").at(1).at("asDouble"), "Infinity");
    EXPECT_EQ(sum.at("dataPoints").at(2).at("asDouble"), "NaN");
}

TEST(OtlpJson, has_one_line_for_each_signal_and_resource) {
    otlp_converter converter;
    v1::UnifiedEvent event;
    add_to(converter, batch_of(event));
    add_to(converter, batch_of(event));
    event.mutable_context()->mutable_process()->set_service_name("shop");
    add_to(converter, batch_of(event));
    add_to(converter, batch_of(v1::MetricSet()));
    v1::Span span;
    span.set_trace_id(std::string(16, 'a'));
    span.set_span_id(std::string(8, 'b'));
    add_to(converter, batch_of(span));
    const auto lines = lines_of(converter);
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_TRUE(lines[0].contains("resourceLogs"));
    EXPECT_TRUE(lines[1].contains("resourceLogs"));
    EXPECT_TRUE(lines[2].contains("resourceMetrics"));
    EXPECT_TRUE(lines[3].contains("resourceSpans"));
    EXPECT_TRUE(lines_of(converter).empty());  // taken once
}

// But for the three rules, it is protobuf's own JSON: with ids taken out, protobuf reads it back.
TEST(OtlpJson, is_read_back_by_protobuf) {
    for (const std::string& body : bodies_of<v1::UnifiedEvent>()) {
        v1::UnifiedEvent event;
        filler(body).fill(event);
        event.set_is_amendment(false);
        otlp_converter converter;
        add_to(converter, batch_of(event));
        std::string line;
        converter.take_lines(line);
        const converted wanted = convert(batch_of(event));
        pb::ExportLogsServiceRequest logs;
        pb::ExportMetricsServiceRequest metrics;
        google::protobuf::Message& back = body == "metrics" ? static_cast<google::protobuf::Message&>(metrics) : logs;
        ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &back).ok()) << line;
        EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(logs, wanted.logs)) << body;
        EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(metrics, wanted.metrics)) << body;
    }
}

TEST(OtlpJson, is_valid_whatever_bytes_a_text_has) {
    v1::EnvelopeBatch batch = exec_batch();
    batch.mutable_envelopes(0)->set_container_id("id");
    std::string body = batch.SerializeAsString();
    body.replace(body.find("id"), 2, "\xff\xfe");
    body.replace(body.find("node-1"), 6, "\xc3(\x80\xf0 e");
    batch_reader reader;
    reader.open(bytes_of(body), 0, "topic/");
    otlp_converter converter;
    converter.add(*reader.next(), 0);
    std::string text;
    converter.take_lines(text);
    boost::json::error_code problem;
    static_cast<void>(json::parse(text, problem));  // refuses what is not UTF-8
    EXPECT_FALSE(problem) << text;
}

TEST(OtlpJson, of_thousands_of_values_is_told_as_bytes) {
    v1::UnifiedEvent event;
    auto& metadata = *event.mutable_journal();
    for (int i = 0; i < 40'000; ++i) {
        metadata.add_fields()->set_name("n");
    }
    const converted made = convert(batch_of(event));
    EXPECT_EQ(made.payload_errors, 1u);
    EXPECT_EQ(made.logs.resource_logs(0).scope_logs(0).log_records(0).body().bytes_value(), event.SerializeAsString());
}

// Wire numbers of opentelemetry-proto 1.x, which no receiver forgives.
TEST(OtlpJson, has_the_field_numbers_of_the_published_messages) {
    const auto expect = [](const google::protobuf::Descriptor& type, const std::map<std::string, int>& wanted) {
        std::map<std::string, int> fields;
        for (int i = 0; i < type.field_count(); ++i) {
            fields[type.field(i)->name()] = type.field(i)->number();
        }
        EXPECT_EQ(fields, wanted) << type.full_name();
    };
    expect(*pb::AnyValue::descriptor(), {{"string_value", 1},
                                         {"bool_value", 2},
                                         {"int_value", 3},
                                         {"double_value", 4},
                                         {"array_value", 5},
                                         {"kvlist_value", 6},
                                         {"bytes_value", 7}});
    expect(*pb::LogRecord::descriptor(), {{"time_unix_nano", 1},
                                          {"severity_number", 2},
                                          {"severity_text", 3},
                                          {"body", 5},
                                          {"attributes", 6},
                                          {"trace_id", 9},
                                          {"span_id", 10},
                                          {"observed_time_unix_nano", 11},
                                          {"event_name", 12}});
    expect(*pb::Metric::descriptor(), {{"name", 1},
                                       {"description", 2},
                                       {"unit", 3},
                                       {"gauge", 5},
                                       {"sum", 7},
                                       {"histogram", 9},
                                       {"exponential_histogram", 10},
                                       {"summary", 11},
                                       {"metadata", 12}});
    expect(*pb::NumberDataPoint::descriptor(), {{"start_time_unix_nano", 2},
                                                {"time_unix_nano", 3},
                                                {"as_double", 4},
                                                {"exemplars", 5},
                                                {"as_int", 6},
                                                {"attributes", 7},
                                                {"flags", 8}});
    expect(*pb::Span::descriptor(), {{"trace_id", 1},
                                     {"span_id", 2},
                                     {"parent_span_id", 4},
                                     {"name", 5},
                                     {"kind", 6},
                                     {"start_time_unix_nano", 7},
                                     {"end_time_unix_nano", 8},
                                     {"attributes", 9},
                                     {"status", 15}});
}

}  // namespace
}  // namespace sonde::schema::testing
