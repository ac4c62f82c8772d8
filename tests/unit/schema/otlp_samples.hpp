// SPDX-License-Identifier: Apache-2.0
// Envelopes through the converter, and what came out: as messages, and as places with the texts that are there.
#pragma once

#include <map>

#include <sonde/otlp/v1/logs.pb.h>
#include <sonde/otlp/v1/metrics.pb.h>
#include <sonde/otlp/v1/trace.pb.h>
#include <sonde/schema/otlp.hpp>

#include "samples.hpp"

namespace sonde::schema::testing {

namespace pb = ::sonde::otlp::v1;

// A batch of one envelope that carries `payload` under the name of its message.
inline v1::EnvelopeBatch batch_of(const google::protobuf::Message& payload) {
    v1::EnvelopeBatch batch = exec_batch();
    batch.mutable_resource()->set_topic("event/process/");
    batch.mutable_resource()->set_source("enrich_context");
    batch.mutable_envelopes(0)->clear_pid();
    batch.mutable_envelopes(0)->set_content_type(payload.GetDescriptor()->full_name());
    batch.mutable_envelopes(0)->set_data(payload.SerializeAsString());
    return batch;
}

struct converted {
    pb::ExportLogsServiceRequest logs;
    pb::ExportMetricsServiceRequest metrics;
    pb::ExportTraceServiceRequest traces;
    std::uint64_t payload_errors = 0;
    std::map<std::string_view, std::uint64_t> lost;
};

inline void add_to(otlp_converter& converter, const v1::EnvelopeBatch& batch) {
    const std::string body = batch.SerializeAsString();
    batch_reader reader;
    reader.open(bytes_of(body), 0, "topic/");
    while (const envelope_view* envelope = reader.next()) {
        converter.add(*envelope, sample_time + 5);
    }
}

inline converted convert(const v1::EnvelopeBatch& batch) {
    otlp_converter converter;
    add_to(converter, batch);
    const otlp_requests requests = converter.take_requests();
    converted made;
    EXPECT_TRUE(made.logs.ParseFromString(requests.logs));
    EXPECT_TRUE(made.metrics.ParseFromString(requests.metrics));
    EXPECT_TRUE(made.traces.ParseFromString(requests.traces));
    made.payload_errors = converter.payload_errors();
    for (std::size_t i = 0; i < otlp_loss_names.size(); ++i) {
        made.lost[otlp_loss_names[i]] = converter.lost(static_cast<otlp_loss>(i));
    }
    return made;
}

// "resource k8s.node.name" -> "node-1": what is where; of lists all elements are at one place.
using places = std::multimap<std::string, std::string>;

inline void find_places(const std::string& at, const pb::AnyValue& value, places& to) {
    switch (value.value_case()) {
    case pb::AnyValue::kStringValue: to.emplace(at, value.string_value()); break;
    case pb::AnyValue::kBoolValue: to.emplace(at, value.bool_value() ? "true" : "false"); break;
    case pb::AnyValue::kIntValue: to.emplace(at, std::to_string(value.int_value())); break;
    case pb::AnyValue::kDoubleValue: to.emplace(at, fmt::format("{}", value.double_value())); break;
    case pb::AnyValue::kBytesValue: to.emplace(at, value.bytes_value()); break;
    case pb::AnyValue::kArrayValue:
        for (const pb::AnyValue& each : value.array_value().values()) {
            find_places(at, each, to);
        }
        break;
    case pb::AnyValue::kKvlistValue:
        for (const pb::KeyValue& each : value.kvlist_value().values()) {
            find_places(at + '.' + each.key(), each.value(), to);
        }
        break;
    case pb::AnyValue::VALUE_NOT_SET: break;
    }
}

inline void find_places(const std::string& at, const google::protobuf::RepeatedPtrField<pb::KeyValue>& list,
                        places& to) {
    for (const pb::KeyValue& each : list) {
        find_places(at + each.key(), each.value(), to);
    }
}

inline bool is_at(const places& all, const std::string& place, const std::string& text) {
    const auto [first, last] = all.equal_range(place);
    return std::any_of(first, last, [&](const auto& each) { return each.second == text; });
}

// Of the only log record.
inline places places_of(const pb::ExportLogsServiceRequest& request) {
    places all;
    const auto& group = request.resource_logs(0);
    const auto& scope = group.scope_logs(0).scope();
    const auto& record = group.scope_logs(0).log_records(0);
    find_places("resource ", group.resource().attributes(), all);
    all.emplace("scope name", scope.name());
    all.emplace("scope version", scope.version());
    find_places("scope ", scope.attributes(), all);
    find_places("attribute ", record.attributes(), all);
    find_places("body", record.body(), all);
    all.emplace("event_name", record.event_name());
    all.emplace("severity_number", std::to_string(record.severity_number()));
    all.emplace("severity_text", record.severity_text());
    return all;
}

}  // namespace sonde::schema::testing
