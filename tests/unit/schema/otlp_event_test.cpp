// SPDX-License-Identifier: Apache-2.0
// Where each field of a unified event is in OTLP: there where docs/formats/otlp.md says, or in its list of what is
// lost.
#include <sonde/schema/otlp.hpp>

#include <fstream>
#include <limits>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <gtest/gtest.h>

#include <sonde/v1/event.pb.h>

#include "full_message.hpp"
#include "otlp_page.hpp"
#include "otlp_samples.hpp"

namespace sonde::schema::testing {
namespace {

using google::protobuf::FieldDescriptor;

std::string time_of(std::uint64_t nanoseconds) {  // of the first second, where all filled times are
    return fmt::format("1970-01-01T00:00:00.{:09}Z", nanoseconds);
}

// What the converter makes of a value, as docs/formats/jsonl.md has it for texts.
std::set<std::string> texts_of(const google::protobuf::Message& in, const FieldDescriptor& field) {
    const auto& reflect = *in.GetReflection();
    const bool many = field.is_repeated();
    switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return {"true"};
    case FieldDescriptor::CPPTYPE_INT32:
        return {std::to_string(many ? reflect.GetRepeatedInt32(in, &field, 0) : reflect.GetInt32(in, &field))};
    case FieldDescriptor::CPPTYPE_INT64:
        return {std::to_string(many ? reflect.GetRepeatedInt64(in, &field, 0) : reflect.GetInt64(in, &field))};
    case FieldDescriptor::CPPTYPE_UINT32:
        return {std::to_string(many ? reflect.GetRepeatedUInt32(in, &field, 0) : reflect.GetUInt32(in, &field))};
    case FieldDescriptor::CPPTYPE_UINT64: {
        const auto value = many ? reflect.GetRepeatedUInt64(in, &field, 0) : reflect.GetUInt64(in, &field);
        return {std::to_string(value), time_of(value)};
    }
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return {fmt::format("{}", many ? reflect.GetRepeatedDouble(in, &field, 0) : reflect.GetDouble(in, &field))};
    case FieldDescriptor::CPPTYPE_FLOAT: return {fmt::format("{}", double{reflect.GetFloat(in, &field)})};
    case FieldDescriptor::CPPTYPE_STRING: {
        const std::string value = many ? reflect.GetRepeatedString(in, &field, 0) : reflect.GetString(in, &field);
        return {value, fmt::format("255.128.{}.{}", static_cast<int>(value[2]), static_cast<int>(value[3]))};
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
        const int number = many ? reflect.GetRepeatedEnumValue(in, &field, 0) : reflect.GetEnumValue(in, &field);
        std::string name = field.enum_type()->FindValueByNumber(number)->name();
        std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        std::set<std::string> made{std::to_string(number), name};
        for (std::size_t at = name.find('_'); at != std::string::npos; at = name.find('_', at + 1)) {
            made.insert(name.substr(at + 1));  // without its prefix, however long that is
        }
        return made;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: break;
    }
    return {};
}

bool is_in(const places& all, const std::string& place, const std::set<std::string>& texts) {
    return std::ranges::any_of(texts, [&](const std::string& text) { return is_at(all, place, text); });
}

class OtlpEvent : public ::testing::Test {
protected:
    const page told = page::read();

    // Where the fields of a label or an attribute are, beside those that the page names.
    static bool is_entry(const places& all, const std::string& text) {
        return std::ranges::any_of(all, [&](const auto& each) {
            return each.second == text || each.first.ends_with(text);  // keys are the end of a name
        });
    }

    void expect_found(const places& all, std::string path, const std::set<std::string>& texts) const {
        const std::string whole = path;
        const bool is_peer = path.starts_with("peer.");
        path = is_peer ? "context." + path.substr(5) : path;
        std::string rest;
        const auto* const where = told.find(path, rest);
        ASSERT_NE(where, nullptr) << whole << " is not in docs/formats/otlp.md";
        if (path.ends_with(".key") || path.ends_with(".value")) {
            EXPECT_TRUE(is_entry(all, *texts.begin()) || is_entry(all, *texts.rbegin())) << whole;
            return;
        }
        const std::string own_path = path.substr(path.find('.') + 1);
        std::vector<std::string> candidates;
        for (const std::string& each : *where) {
            const std::string name = each.substr(each.find(' ') + 1);
            const std::string own = name.starts_with("sonde.") ? name.substr(6) : name;
            candidates.emplace_back(is_peer ? "attribute sonde.peer." : "").append(is_peer ? own : each).append(rest);
        }
        if (std::ranges::any_of(candidates, [&](const auto& each) { return all.contains(each); })) {
            candidates.push_back((is_peer ? "attribute sonde.peer." : "attribute sonde.") + own_path);  // was taken
        }
        EXPECT_TRUE(std::ranges::any_of(candidates, [&](const auto& each) { return is_in(all, each, texts); }))
            << whole << " is not at " << candidates.front();
    }
};

TEST_F(OtlpEvent, has_every_field_where_the_page_says) {
    EXPECT_GT(told.where.size(), 60u);
    for (const std::string& body : bodies_of<v1::UnifiedEvent>()) {
        if (body == "metrics") {
            continue;
        }
        v1::UnifiedEvent event;
        filler(body).fill(event);
        const converted made = convert(batch_of(event));
        ASSERT_EQ(made.payload_errors, 0u) << body;
        const places all = places_of(made.logs);
        for_each_scalar(event, "", [&](const std::string& path, const auto& in, const FieldDescriptor& field) {
            const auto texts = texts_of(in, field);
            if (path.starts_with(body + '.')) {
                const bool is_entry_field = in.GetDescriptor()->options().map_entry();
                EXPECT_TRUE(is_entry_field ? is_entry(all, *texts.begin()) || is_entry(all, *texts.rbegin())
                                           : is_in(all, "attribute sonde.payload." + path, texts))
                    << path;
            } else {
                expect_found(all, path, texts);
            }
        });
    }
}

// The two pages name the attributes of a field alike, where both do.
TEST_F(OtlpEvent, has_the_names_that_the_page_of_events_lists) {
    static const std::regex quoted("`([^`]+)`");
    std::ifstream file(EVENT_PAGE);
    unsigned compared = 0;
    for (std::string line; std::getline(file, line);) {
        const std::size_t middle = line.find(" | ");
        if (!line.starts_with("| `context.") || middle == std::string::npos) {
            continue;
        }
        std::vector<std::string> fields;
        for (std::sregex_iterator at(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(middle), quoted), end;
             at != end; ++at) {
            const std::string name = (*at)[1].str();  // `context.host.id`, `.name`
            fields.push_back(name.starts_with('.') ? fields[0].substr(0, fields[0].rfind('.')) + name : name);
        }
        std::sregex_iterator name(line.begin() + static_cast<std::ptrdiff_t>(middle), line.end(), quoted);
        for (const std::string& field : fields) {
            const auto where = told.where.find(field);
            if (where != told.where.end() && name != std::sregex_iterator()) {
                const std::string attribute = (*name++)[1].str();
                EXPECT_TRUE(std::ranges::any_of(where->second,
                                                [&](const std::string& each) {
                                                    return each.substr(each.find(' ') + 1) ==
                                                           attribute.substr(0, attribute.find('<'));
                                                }))
                    << field << " is " << attribute;
                ++compared;
            }
        }
    }
    EXPECT_GT(compared, 25u);
}

TEST_F(OtlpEvent, page_lists_no_field_that_is_not_there) {
    for (const auto& [path, where] : told.where) {
        const auto* type = v1::UnifiedEvent::descriptor();
        std::stringstream rest(path);
        for (std::string name; std::getline(rest, name, '.');) {
            const auto* const field = type == nullptr ? nullptr : type->FindFieldByName(name);
            ASSERT_NE(field, nullptr) << path;
            type = field->message_type();
        }
    }
}

TEST_F(OtlpEvent, with_numbers_loses_what_the_page_lists_and_nothing_else) {
    v1::UnifiedEvent event;
    filler("metrics").fill(event);
    event.set_is_amendment(false);
    auto& metric = *event.mutable_metrics()->mutable_metrics(0);
    metric.set_kind(v1::METRIC_KIND_SUM);
    metric.mutable_points(0)->set_stale(false);
    metric.mutable_points(0)->clear_start_time_unix_nano();  // else it counts, not that of the metric
    const converted made = convert(batch_of(event));
    ASSERT_EQ(made.metrics.resource_metrics_size(), 1);
    EXPECT_EQ(made.logs.resource_logs_size(), 0);
    const auto& group = made.metrics.resource_metrics(0);
    places all;
    find_places("resource ", group.resource().attributes(), all);
    const std::string text = made.metrics.ShortDebugString();
    for_each_scalar(event, "", [&](const std::string& path, const auto& in, const FieldDescriptor& field) {
        const bool is_lost = std::ranges::any_of(
            told.lost, [&](const std::string& lost) { return path == lost || path.starts_with(lost + '.'); });
        if (is_lost || path == "metrics.metrics.kind") {
            return;
        }
        const auto texts = texts_of(in, field);
        EXPECT_TRUE(std::ranges::any_of(texts, [&](const auto& each) { return text.find(each) != std::string::npos; }))
            << path;
    });
    EXPECT_TRUE(is_at(all, "resource k8s.pod.name", event.context().pod().name()));
    EXPECT_TRUE(is_at(all, "resource host.id", event.context().host().id()));
    EXPECT_EQ(std::ranges::count_if(all, [](const auto& each) { return each.first.contains("missing"); }), 0);
}

TEST_F(OtlpEvent, without_a_message_has_its_payload_as_body) {
    v1::UnifiedEvent event;
    event.set_type("process.exec");
    *event.mutable_process() = exec_event();
    const places all = places_of(convert(batch_of(event)).logs);
    EXPECT_TRUE(is_at(all, "body.process.process.pid", "4242"));
    EXPECT_TRUE(is_at(all, "body.process.kind", "exec"));
    EXPECT_EQ(all.count("attribute sonde.payload"), 0u);
    EXPECT_TRUE(is_at(all, "event_name", "process.exec"));
}

TEST_F(OtlpEvent, has_time_identity_and_trace_of_the_envelope) {
    v1::UnifiedEvent event;
    event.set_severity(v1::SEVERITY_NUMBER_WARN2);
    auto batch = batch_of(event);
    batch.mutable_envelopes(0)->set_trace_id(std::string(16, '\x0a'));
    batch.mutable_envelopes(0)->set_span_id(std::string(8, '\x0b'));
    batch.mutable_envelopes(0)->set_object_trace_id(std::string(16, '\x0c'));
    const converted made = convert(batch);
    const auto& record = made.logs.resource_logs(0).scope_logs(0).log_records(0);
    EXPECT_EQ(record.time_unix_nano(), sample_time);
    EXPECT_EQ(record.observed_time_unix_nano(), sample_time + 5);
    EXPECT_EQ(record.severity_number(), 14);
    EXPECT_EQ(record.severity_text(), "WARN2");
    EXPECT_EQ(record.trace_id(), std::string(16, '\x0a'));
    EXPECT_EQ(record.span_id(), std::string(8, '\x0b'));
    const places all = places_of(made.logs);
    EXPECT_TRUE(is_at(all, "attribute event.id", "01020304050607080000000000000010"));
    EXPECT_TRUE(is_at(all, "attribute sonde.object_trace_id", "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"));
    EXPECT_TRUE(is_at(all, "attribute sonde.clock", "kernel"));
    EXPECT_TRUE(is_at(all, "resource k8s.node.name", "node-1"));
    EXPECT_TRUE(is_at(all, "resource host.name", "node-1"));
    EXPECT_TRUE(is_at(all, "scope sonde.topic", "event/process/"));
}

TEST_F(OtlpEvent, has_what_the_envelope_knows) {
    auto batch = exec_batch();
    auto& from = *batch.mutable_envelopes(0);
    from.set_process_start_time(1'700'000'000'000'000'001);
    from.set_cgroup_id(std::numeric_limits<std::uint64_t>::max());
    from.set_network_namespace(4026531840);
    from.set_container_id("c");
    from.set_pod_uid("u");
    from.set_pod_name("p");
    from.set_pod_namespace("n");
    from.set_snapshot(true);
    (*from.mutable_attributes())["team"] = "web";
    const places all = places_of(convert(batch).logs);
    for (const auto& [place, text] : places{{"attribute process.pid", "4242"},
                                            {"attribute process.creation.time", "2023-11-14T22:13:20.000000001Z"},
                                            {"attribute sonde.cgroup_id", "18446744073709551615"},
                                            {"attribute sonde.network_namespace", "4026531840"},
                                            {"attribute container.id", "c"},
                                            {"attribute k8s.pod.uid", "u"},
                                            {"attribute k8s.pod.name", "p"},
                                            {"attribute k8s.namespace.name", "n"},
                                            {"attribute sonde.snapshot", "true"},
                                            {"attribute team", "web"},
                                            {"resource sonde.node_name_origin", "host_name"},
                                            {"scope sonde.instance", "node processes"},
                                            {"scope sonde.topic", "raw/process/exec/"},
                                            {"scope name", "process"},
                                            {"scope version", "1.2.0"}}) {
        EXPECT_TRUE(is_at(all, place, text)) << place;
    }
}

TEST_F(OtlpEvent, names_a_workload_by_its_kind) {
    v1::UnifiedEvent event;
    auto& workload = *event.mutable_context()->mutable_pod()->mutable_workload();
    workload.set_kind("StatefulSet");
    workload.set_name("db");
    workload.set_uid("u-1");
    event.mutable_context()->mutable_container()->set_name("main");
    const places all = places_of(convert(batch_of(event)).logs);
    EXPECT_TRUE(is_at(all, "attribute k8s.statefulset.name", "db"));
    EXPECT_TRUE(is_at(all, "attribute k8s.statefulset.uid", "u-1"));
    EXPECT_TRUE(is_at(all, "attribute k8s.container.name", "main"));
    EXPECT_EQ(all.count("attribute container.name"), 0u);
}

TEST_F(OtlpEvent, has_each_key_once_whatever_attributes_say) {
    v1::UnifiedEvent event;
    event.mutable_context()->mutable_pod()->set_uid("real");
    event.mutable_context()->mutable_container()->set_pod_uid("real");
    for (const char* name : {"k8s.pod.uid", "event.id", "sonde.attributes.k8s.pod.uid", "sonde.clock"}) {
        (*event.mutable_attributes())[name] = "claimed";
    }
    const converted made = convert(batch_of(event));
    std::set<std::string> keys;
    for (const auto& each : made.logs.resource_logs(0).scope_logs(0).log_records(0).attributes()) {
        EXPECT_TRUE(keys.insert(each.key()).second) << each.key();
    }
    const places all = places_of(made.logs);
    EXPECT_TRUE(is_at(all, "attribute k8s.pod.uid", "real"));
    EXPECT_TRUE(is_at(all, "attribute sonde.clock", "kernel"));
    EXPECT_TRUE(is_at(all, "attribute sonde.attributes.event.id", "claimed"));
}

TEST_F(OtlpEvent, puts_what_has_one_resource_and_scope_together) {
    v1::UnifiedEvent one;
    one.set_source("process");
    v1::UnifiedEvent other = one;
    other.mutable_context()->mutable_process()->set_service_name("shop");
    auto batch = batch_of(one);
    for (const auto* each : {&other, &one, &other}) {
        *batch.add_envelopes() = batch.envelopes(0);
        batch.mutable_envelopes(batch.envelopes_size() - 1)->set_data(each->SerializeAsString());
    }
    const converted made = convert(batch);
    ASSERT_EQ(made.logs.resource_logs_size(), 2);
    EXPECT_EQ(made.logs.resource_logs(0).scope_logs(0).log_records_size(), 2);
    EXPECT_EQ(made.logs.resource_logs(1).scope_logs(0).log_records_size(), 2);
}

TEST_F(OtlpEvent, of_any_type_has_its_payload_as_body) {
    const auto known = exec_batch();
    const places all = places_of(convert(known).logs);
    EXPECT_TRUE(is_at(all, "event_name", "sonde.v1.ProcessEvent"));
    EXPECT_TRUE(is_at(all, "body.process.name", "bash"));
    EXPECT_TRUE(is_at(all, "attribute process.pid", "4242"));
    EXPECT_TRUE(is_at(all, "attribute sonde.revision", "1"));
    auto text = exec_batch();
    text.mutable_envelopes(0)->set_content_type("text/plain");
    text.mutable_envelopes(0)->set_data("a line");
    EXPECT_TRUE(is_at(places_of(convert(text).logs), "body", "a line"));
    text.mutable_envelopes(0)->set_data("\xff");
    EXPECT_TRUE(is_at(places_of(convert(text).logs), "body", "\xff"));
}

TEST_F(OtlpEvent, that_does_not_decode_or_is_too_deep_is_told_as_bytes_and_counted) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_data("\x12\x7f");
    converted made = convert(batch);
    EXPECT_EQ(made.payload_errors, 1u);
    EXPECT_TRUE(is_at(places_of(made.logs), "body", "\x12\x7f"));
    EXPECT_EQ(places_of(made.logs).count("attribute sonde.payload_error"), 1u);

    batch.mutable_envelopes(0)->set_content_type("sonde.v1.UnifiedEvent");
    made = convert(batch);
    EXPECT_EQ(made.payload_errors, 1u);
    EXPECT_TRUE(is_at(places_of(made.logs), "body", "\x12\x7f"));

    google::protobuf::DescriptorProto deep;
    auto* at = &deep;
    for (int i = 0; i < 11; ++i) {
        at = at->add_nested_type();
    }
    made = convert(batch_of(deep));
    EXPECT_EQ(made.payload_errors, 1u);
    EXPECT_TRUE(is_at(places_of(made.logs), "body", deep.SerializeAsString()));
}

}  // namespace
}  // namespace sonde::schema::testing
