// SPDX-License-Identifier: Apache-2.0
#include <sonde/schema/json.hpp>

#include <cmath>
#include <limits>
#include <map>

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <google/protobuf/wrappers.pb.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <sonde/c/envelope.h>
#include <sonde/v1/connection.pb.h>
#include <sonde/wire.hpp>

#include "samples.hpp"

namespace sonde::schema::testing {
namespace {

namespace json = boost::json;

// A batch of one envelope that carries `payload` under the name of its message.
v1::EnvelopeBatch carrying(const google::protobuf::Message& payload) {
    v1::EnvelopeBatch batch = exec_batch();
    batch.mutable_envelopes(0)->set_content_type(payload.GetDescriptor()->full_name());
    batch.mutable_envelopes(0)->set_data(payload.SerializeAsString());
    return batch;
}

v1::EnvelopeBatch carrying(std::string_view content_type, std::string_view data) {
    v1::EnvelopeBatch batch = exec_batch();
    batch.mutable_envelopes(0)->set_content_type(std::string(content_type));
    batch.mutable_envelopes(0)->set_data(std::string(data));
    return batch;
}

std::string from_base64(std::string_view text) {
    std::string decoded(text.size() / 4 * 3, '\0');
    EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                    reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
    decoded.resize(decoded.size() - padding);
    return decoded;
}

std::string digest(std::string_view bytes) {
    std::string made(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(made.data()), &size, EVP_sha256(), nullptr);
    return made.substr(0, size);
}

// The pod name as printed when its raw bytes, which need not be UTF-8, are `raw`.
std::string printed_text(std::string_view raw) {
    std::vector<std::uint8_t> room(512);
    wire::writer out(room);
    out.message(SONDE_BATCH_FIELD_ENVELOPE, [&] { out.text(SONDE_ENVELOPE_FIELD_POD_NAME, raw); });
    json_printer printer;
    batch_reader reader;
    const auto lines = print_lines({reinterpret_cast<const char*>(room.data()), out.size()}, printer, reader);
    return std::string(json::parse(lines.at(0)).at("pod_name").as_string());
}

TEST(JsonPrinter, prints_a_process_event_member_by_member) {
    EXPECT_EQ(print_lines(exec_batch()).at(0),
              R"({"time":"2023-11-14T22:13:20.123456789Z","time_unix_nano":1700000000123456789,"clock":"kernel",)"
              R"("topic":"raw/process/exec/","source":"process","instance":"node processes","node_name":"node-1",)"
              R"("node_name_origin":"host_name","event_id":"01020304050607080000000000000010","pid":4242,)"
              R"("content_type":"sonde.v1.ProcessEvent","revision":1,"payload":{"kind":"exec","process":{"pid":4242,)"
              R"("parent_pid":1,"name":"bash","command_args":["bash","-c","echo \"a b\""],)"
              R"("executable_path":"/usr/bin/bash","create_time_unix_nano":1700000000123456789,"open_files":0,)"
              R"("cpu_time_user":0.25}}})");
}

TEST(JsonPrinter, an_explicit_event_id_takes_the_place_of_the_derived_one) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_event_id(std::string(16, '\xab'));
    EXPECT_EQ(print_one(batch).at("event_id"), "abababababababababababababababab");
}

TEST(JsonPrinter, there_is_no_event_id_without_a_stream_uid) {
    auto batch = exec_batch();
    batch.mutable_resource()->clear_stream_uid();
    EXPECT_FALSE(print_one(batch).contains("event_id"));
}

TEST(JsonPrinter, trace_and_span_ids_are_32_and_16_hex_digits) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_trace_id(
        std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff", 16));
    batch.mutable_envelopes(0)->set_span_id(std::string("\xf0\xe1\xd2\xc3\xb4\xa5\x96\x87", 8));
    EXPECT_EQ(print_one(batch).at("trace_id"), "000102030405060708090a0b0c0d0eff");
    EXPECT_EQ(print_one(batch).at("span_id"), "f0e1d2c3b4a59687");
}

TEST(JsonPrinter, seconds_that_follow_each_other_do_not_share_their_text) {
    auto batch = exec_batch();
    *batch.add_envelopes() = batch.envelopes(0);
    batch.mutable_envelopes(1)->set_time_unix_nano(sample_time + 1'000'000'000);
    const auto lines = print_lines(batch);
    EXPECT_EQ(json::parse(lines.at(0)).at("time"), "2023-11-14T22:13:20.123456789Z");
    EXPECT_EQ(json::parse(lines.at(1)).at("time"), "2023-11-14T22:13:21.123456789Z");
}

TEST(JsonPrinter, a_leap_day_and_the_last_representable_nanosecond_are_right) {
    auto batch = exec_batch();
    batch.mutable_envelopes(0)->set_time_unix_nano(1'709'164'800'000'000'001);
    EXPECT_EQ(print_one(batch).at("time"), "2024-02-29T00:00:00.000000001Z");
    batch.mutable_envelopes(0)->set_time_unix_nano(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(print_one(batch).at("time"), "2554-07-21T23:34:33.709551615Z");
}

TEST(JsonPrinter, text_is_escaped_and_read_back_unchanged) {
    std::string all;
    for (char c = 1; c < 0x7f; ++c) {
        all += c;
    }
    all += "é€😀";
    EXPECT_EQ(printed_text(all), all);
    EXPECT_EQ(printed_text(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

TEST(JsonPrinter, each_broken_part_of_utf_8_becomes_one_replacement_character) {
    EXPECT_EQ(printed_text("a\xff"
                           "b"),
              "a\uFFFDb");
    EXPECT_EQ(printed_text("\xc0\xaf"), "\uFFFD\uFFFD");                      // overlong
    EXPECT_EQ(printed_text("\xe0\x80\xaf"), "\uFFFD\uFFFD\uFFFD");            // overlong
    EXPECT_EQ(printed_text("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // surrogate
    EXPECT_EQ(printed_text("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
    EXPECT_EQ(printed_text("\xe2\x82"
                           "x"),
              "\uFFFDx");                                 // broken off before x
    EXPECT_EQ(printed_text("x\xf0\x9f\x98"), "x\uFFFD");  // broken off at the end
}

TEST(JsonPrinter, a_process_name_that_is_not_utf_8_does_not_spoil_the_payload) {
    std::vector<std::uint8_t> room(64);
    wire::writer out(room);
    out.message(2, [&] { out.text(3, "caf\xe9"); });
    const auto line =
        print_one(carrying("sonde.v1.ProcessEvent", {reinterpret_cast<const char*>(room.data()), out.size()}));
    EXPECT_EQ(line.at("payload").at("process").at("name"), "caf\uFFFD");
}

TEST(JsonPrinter, sixty_four_bit_integers_are_numbers_with_all_their_digits) {
    google::protobuf::UInt64Value most;
    most.set_value(std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(print_one(carrying(most)).at("payload").at("value"), std::numeric_limits<std::uint64_t>::max());
    google::protobuf::Int64Value least;
    least.set_value(std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(print_one(carrying(least)).at("payload").at("value"), std::numeric_limits<std::int64_t>::min());
    google::protobuf::Int32Value negative;
    negative.set_value(-5);
    EXPECT_EQ(print_one(carrying(negative)).at("payload").at("value"), -5);
}

TEST(JsonPrinter, what_json_cannot_say_as_a_number_is_null) {
    google::protobuf::DoubleValue number;
    for (const double odd : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        number.set_value(odd);
        EXPECT_TRUE(print_one(carrying(number)).at("payload").at("value").is_null());
    }
    google::protobuf::FloatValue narrow;
    narrow.set_value(0.1f);
    EXPECT_NE(print_lines(carrying(narrow)).at(0).find("\"value\":0.1}"), std::string::npos);
}

TEST(JsonPrinter, doubles_read_back_exactly) {
    dice roll(1);
    for (int i = 0; i < 1000; ++i) {
        const auto value = std::bit_cast<double>((roll.number() << 32) ^ roll.number());
        if (!std::isfinite(value) || value == 0) {
            continue;
        }
        google::protobuf::DoubleValue number;
        number.set_value(value);
        // strtod, since the JSON parser used here rounds the last bit.
        const std::string line = print_lines(carrying(number)).at(0);
        const std::string key = "\"payload\":{\"value\":";
        EXPECT_EQ(std::strtod(line.c_str() + line.find(key) + key.size(), nullptr), value);
    }
}

TEST(JsonPrinter, bytes_in_a_payload_are_base64) {
    google::protobuf::BytesValue bytes;
    bytes.set_value(std::string("\x00\xff\x10\x80", 4));
    EXPECT_EQ(print_one(carrying(bytes)).at("payload").at("value"), "AP8QgA==");
}

TEST(JsonPrinter, absent_optional_fields_are_left_out_and_present_zeros_are_kept) {
    v1::ProcessEvent event;
    event.mutable_process()->set_cpu_percent(0);
    const auto process = print_one(carrying(event)).at("payload").at("process").as_object();
    EXPECT_EQ(process.size(), 1u);
    EXPECT_EQ(process.at("cpu_percent").to_number<double>(), 0.0);
}

TEST(JsonPrinter, an_enum_value_from_a_newer_schema_is_its_number) {
    v1::ProcessEvent event;
    event.set_kind(static_cast<v1::ProcessEvent::Kind>(99));
    EXPECT_EQ(print_one(carrying(event)).at("payload").at("kind"), "99");
}

// protobuf's own JSON printer is the reference for lists, nesting, maps and optional fields.
TEST(JsonPrinter, nested_lists_agree_with_protobuf) {
    google::protobuf::FileDescriptorProto file;
    v1::ProcessEvent::descriptor()->file()->CopyTo(&file);
    auto* location = file.mutable_source_code_info()->add_location();
    location->add_path(4);
    location->add_path(-1);  // a packed list
    location->add_leading_detached_comments("a \"comment\"\n");
    for (auto& message : *file.mutable_message_type()) {
        for (auto& field : *message.mutable_field()) {
            field.clear_label();  // enums keep their prefix in protobuf's form
            field.clear_type();
        }
    }
    std::string expected;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(file, &expected, options).ok());
    EXPECT_EQ(print_one(carrying(file)).at("payload"), json::parse(expected));
}

// Written by hand: under the thread sanitizer protobuf's headers give its own map fields another layout than the
// library has.
TEST(JsonPrinter, maps_are_objects_and_the_last_entry_of_a_key_counts) {
    std::vector<std::uint8_t> room(256);
    wire::writer out(room);
    const auto put = [&](std::string_view key, std::uint32_t kind, std::string_view value) {
        out.message(1, [&] {
            out.text(1, key);
            out.message(2, [&] { out.text(kind, value); });
        });
    };
    put("c", 5, "");  // an empty Struct
    put("a \"b\"", 3, "old");
    put("a \"b\"", 3, "new");
    const auto line =
        print_one(carrying("google.protobuf.Struct", {reinterpret_cast<const char*>(room.data()), out.size()}));
    EXPECT_EQ(json::serialize(line.at("payload")),
              R"({"fields":{"a \"b\"":{"string_value":"new"},"c":{"struct_value":{}}}})");
}

TEST(JsonPrinter, fields_out_of_order_and_in_parts_are_put_together) {
    v1::ProcessEvent head;
    head.mutable_process()->set_name("first");
    head.mutable_process()->set_pid(1);
    v1::ProcessEvent tail;
    tail.mutable_process()->set_name("second");
    tail.mutable_process()->add_command_args("x");
    tail.set_kind(v1::ProcessEvent::KIND_FORK);
    const std::string data = tail.SerializeAsString() + head.SerializeAsString();
    v1::ProcessEvent merged;
    ASSERT_TRUE(merged.ParseFromString(data));
    EXPECT_EQ(print_one(carrying("sonde.v1.ProcessEvent", data)), print_one(carrying(merged)));
}

TEST(JsonPrinter, fields_of_a_newer_schema_are_skipped) {
    std::vector<std::uint8_t> room(256);
    wire::writer out(room);
    out.uint(1, v1::ProcessEvent::KIND_EXEC);
    out.text(4000, "new");
    out.number(4001, 1.0);
    out.text(3, "a wire type that exit_code does not have");
    const auto line =
        print_one(carrying("sonde.v1.ProcessEvent", {reinterpret_cast<const char*>(room.data()), out.size()}));
    EXPECT_EQ(json::serialize(line.at("payload")), R"({"kind":"exec"})");
}

TEST(JsonPrinter, unknown_content_survives_as_base64_bit_by_bit) {
    dice roll(16);
    for (std::size_t size = 1; size < 400; ++size) {
        const std::string data = roll.octets(size);
        const auto line = print_one(carrying("application/octet-stream", data));
        EXPECT_EQ(digest(from_base64(line.at("data_base64").as_string())), digest(data)) << size;
        EXPECT_FALSE(line.contains("payload"));
        EXPECT_FALSE(line.contains("payload_error"));
    }
}

TEST(JsonPrinter, text_is_readable_and_broken_text_keeps_its_bytes) {
    EXPECT_EQ(print_one(carrying("text/plain", "caf\xc3\xa9 \"1\"\n")).at("data_text").as_string(),
              "caf\xc3\xa9 \"1\"\n");
    EXPECT_EQ(print_one(carrying("application/json", "{\"a\":1}")).at("data_text").as_string(), "{\"a\":1}");
    const auto broken = print_one(carrying("text/plain", "caf\xe9"));
    EXPECT_FALSE(broken.contains("data_text"));
    EXPECT_EQ(from_base64(broken.at("data_base64").as_string()), "caf\xe9");
}

TEST(JsonPrinter, a_malformed_payload_is_kept_as_base64_with_an_error) {
    const std::string data = exec_event().SerializeAsString();
    const std::string cut = data.substr(0, data.size() - 3);
    json_printer printer;
    batch_reader reader;
    const auto line =
        json::parse(print_lines(carrying("sonde.v1.ProcessEvent", cut).SerializeAsString(), printer, reader).at(0));
    EXPECT_EQ(from_base64(line.at("data_base64").as_string()), cut);
    EXPECT_TRUE(line.as_object().contains("payload_error"));
    EXPECT_FALSE(line.as_object().contains("payload"));
    EXPECT_EQ(printer.payload_errors(), 1u);
}

TEST(JsonPrinter, nesting_beyond_any_schema_is_malformed_and_no_stack_overflow) {
    google::protobuf::Value value;
    google::protobuf::Value* at = &value;
    for (int i = 0; i < 200; ++i) {
        at = at->mutable_list_value()->add_values();
    }
    EXPECT_TRUE(print_one(carrying(value)).contains("payload_error"));
}

class RandomEnvelopes : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomEnvelopes, every_line_is_json_that_says_what_the_envelope_says) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    dice roll(GetParam());
    const v1::EnvelopeBatch batch = random_batch(roll);
    const auto lines = print_lines(batch);
    ASSERT_EQ(lines.size(), static_cast<std::size_t>(batch.envelopes_size()));
    for (int i = 0; i < batch.envelopes_size(); ++i) {
        const v1::Envelope& envelope = batch.envelopes(i);
        const auto line = json::parse(lines[static_cast<std::size_t>(i)]).as_object();
        const auto text = [&](const char* key) {
            return line.contains(key) ? std::string(line.at(key).as_string()) : std::string();
        };
        EXPECT_EQ(line.at("time_unix_nano").to_number<std::uint64_t>(), envelope.time_unix_nano());
        EXPECT_EQ(text("pod_name"), envelope.pod_name());
        EXPECT_EQ(text("container_id"), envelope.container_id());
        EXPECT_EQ(text("content_type"), envelope.content_type());
        EXPECT_EQ(text("topic"), batch.resource().topic());
        EXPECT_EQ(digest(from_base64(text("data_base64"))), digest(envelope.data()));
        EXPECT_EQ(text("span_id").empty(), text("trace_id").empty());
        EXPECT_EQ(line.contains("pid") ? line.at("pid").to_number<std::uint32_t>() : 0, envelope.pid());
        EXPECT_EQ(line.contains("attributes") ? line.at("attributes").as_object().size() : 0,
                  static_cast<std::size_t>(envelope.attributes_size()));
        for (const auto& [key, value] : envelope.attributes()) {
            EXPECT_EQ(line.at("attributes").at(key), json::value(value));
        }
    }
}

TEST_P(RandomEnvelopes, damaged_bodies_are_counted_and_what_is_printed_is_json) {
    SCOPED_TRACE("seed " + std::to_string(GetParam()));
    dice roll(GetParam());
    v1::EnvelopeBatch batch = random_batch(roll);
    *batch.add_envelopes() = exec_batch().envelopes(0);
    const std::string body = batch.SerializeAsString();
    json_printer printer;
    batch_reader reader;
    for (int round = 0; round < 200; ++round) {
        std::string damaged = body;
        if (roll.chance(2)) {
            damaged.resize(roll.number() % body.size());
        }
        for (std::uint64_t left = roll.number() % 4; left > 0 && !damaged.empty(); --left) {
            damaged[roll.number() % damaged.size()] = roll.octets(1)[0];
        }
        for (const std::string& line : print_lines(damaged, printer, reader)) {
            json::error_code problem;
            const auto parsed = json::parse(line, problem);
            EXPECT_FALSE(problem) << line;
            EXPECT_EQ(line.find('\n'), std::string::npos);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEnvelopes, ::testing::Range(1u, 33u));

TEST(JsonPrinter, ip_addresses_are_text_and_other_bytes_are_not) {
    v1::ConnectionEvent event;
    auto& connection = *event.mutable_connection();
    connection.set_local_address(std::string("\x7f\x00\x00\x01", 4));
    connection.set_peer_address(std::string("\xfd\x00", 2) + std::string(13, '\0') + '\x05');
    connection.mutable_gateway()->set_address("odd");
    const json::object line = print_one(carrying(event));
    const json::object& printed = line.at("payload").at("connection").as_object();
    EXPECT_EQ(printed.at("local_address"), "127.0.0.1");
    EXPECT_EQ(printed.at("peer_address"), "fd00::5");
    EXPECT_EQ(printed.at("gateway").at("address"), "b2Rk") << "neither four nor sixteen bytes: base64";
}

}  // namespace
}  // namespace sonde::schema::testing
