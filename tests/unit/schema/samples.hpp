// SPDX-License-Identifier: Apache-2.0
// Envelopes to test with: a typical process event, and random ones that any valid writer could have produced.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <sonde/schema/batch.hpp>
#include <sonde/schema/json.hpp>
#include <sonde/v1/envelope.pb.h>
#include <sonde/v1/process.pb.h>

namespace sonde::schema::testing {

constexpr std::uint64_t sample_time = 1'700'000'000'123'456'789;

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline v1::ProcessEvent exec_event() {
    v1::ProcessEvent event;
    event.set_kind(v1::ProcessEvent::KIND_EXEC);
    auto& process = *event.mutable_process();
    process.set_pid(4242);
    process.set_parent_pid(1);
    process.set_name("bash");
    process.add_command_args("bash");
    process.add_command_args("-c");
    process.add_command_args("echo \"a b\"");
    process.set_executable_path("/usr/bin/bash");
    process.set_create_time_unix_nano(sample_time);
    process.set_open_files(0);
    process.set_cpu_time_user(0.25);
    return event;
}

inline v1::EnvelopeBatch exec_batch() {
    v1::EnvelopeBatch batch;
    auto& resource = *batch.mutable_resource();
    resource.set_source("process");
    resource.set_instance("node processes");
    resource.set_node_name("node-1");
    resource.set_node_name_origin(v1::NODE_NAME_ORIGIN_HOST_NAME);
    resource.set_topic("raw/process/exec/");
    resource.set_stream_uid(0x0102030405060708);
    resource.set_first_item(16);
    resource.set_source_version("1.2.0");
    auto& envelope = *batch.add_envelopes();
    envelope.set_time_unix_nano(sample_time);
    envelope.set_clock(v1::CLOCK_QUALITY_KERNEL);
    envelope.set_content_type("sonde.v1.ProcessEvent");
    envelope.set_revision(1);
    envelope.set_pid(4242);
    envelope.set_data(exec_event().SerializeAsString());
    return batch;
}

// Random values, the same ones for the same seed.
class dice {
public:
    explicit dice(std::uint32_t seed) : engine_(seed) {}

    std::uint64_t number() { return engine_() >> (engine_() % 64); }
    bool chance(unsigned in) { return engine_() % in == 0; }
    std::string octets(std::size_t size) {
        std::string made(size, '\0');
        for (char& c : made) {
            c = static_cast<char>(engine_());
        }
        return made;
    }
    // Valid UTF-8 of one to four bytes per character, with all that needs an escape.
    std::string text() {
        static constexpr std::string_view characters[] = {"a", "\"", "\\", "\n",   "\x01", " ",
                                                          "é", "€",  "😀", "\x7f", "/"};
        std::string made;
        for (std::uint64_t left = engine_() % 12; left > 0; --left) {
            made += characters[engine_() % std::size(characters)];
        }
        return made;
    }

private:
    std::mt19937_64 engine_;
};

inline void randomize(v1::Envelope& envelope, dice& roll) {
    envelope.set_time_unix_nano(roll.number());
    envelope.set_clock(static_cast<v1::ClockQuality>(roll.number() % 4));
    envelope.set_content_type("application/x-" + roll.text());
    envelope.set_revision(static_cast<std::uint32_t>(roll.number()));
    envelope.set_data(roll.octets(roll.number() % 300));
    envelope.set_event_id(roll.octets(roll.chance(2) ? 0 : 16));
    const bool traced = roll.chance(2);
    envelope.set_trace_id(roll.octets(traced ? 16 : 0));
    envelope.set_span_id(roll.octets(traced ? 8 : 0));
    envelope.set_object_trace_id(roll.octets(roll.chance(2) ? 0 : 16));
    envelope.set_snapshot(roll.chance(3));
    envelope.set_pid(static_cast<std::uint32_t>(roll.number()));
    envelope.set_process_start_time(roll.number());
    envelope.set_cgroup_id(roll.number());
    envelope.set_network_namespace(static_cast<std::uint32_t>(roll.number()));
    envelope.set_container_id(roll.text());
    envelope.set_pod_uid(roll.text());
    envelope.set_pod_name(roll.text());
    envelope.set_pod_namespace(roll.text());
    for (std::uint64_t left = roll.number() % 5; left > 0; --left) {
        (*envelope.mutable_attributes())[roll.text()] = roll.text();
    }
}

inline v1::EnvelopeBatch random_batch(dice& roll) {
    v1::EnvelopeBatch batch;
    auto& resource = *batch.mutable_resource();
    resource.set_source(roll.text());
    resource.set_instance(roll.text());
    resource.set_node_name(roll.text());
    resource.set_node_name_origin(static_cast<v1::NodeNameOrigin>(roll.number() % 4));
    resource.set_topic(roll.text() + "/");
    resource.set_stream_uid(roll.number());
    resource.set_first_item(roll.number());
    for (std::uint64_t left = 1 + roll.number() % 8; left > 0; --left) {
        randomize(*batch.add_envelopes(), roll);
    }
    return batch;
}

// The lines of a whole body.
inline std::vector<std::string> print_lines(std::string_view body, json_printer& printer, batch_reader& reader) {
    std::vector<std::string> lines;
    reader.open(bytes_of(body), 0, "topic/of/the/header/");
    while (const envelope_view* envelope = reader.next()) {
        printer.append(*envelope, lines.emplace_back());
    }
    return lines;
}

inline std::vector<std::string> print_lines(const v1::EnvelopeBatch& batch) {
    json_printer printer;
    batch_reader reader;
    return print_lines(batch.SerializeAsString(), printer, reader);
}

// The one line of a batch of one, parsed. Throws on what is not JSON.
inline boost::json::object print_one(const v1::EnvelopeBatch& batch) {
    return boost::json::parse(print_lines(batch).at(0)).as_object();
}

}  // namespace sonde::schema::testing
