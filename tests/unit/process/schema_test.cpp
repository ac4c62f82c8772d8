// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writers use are those of the .proto files, and what the fake host builds is what protobuf
// reads.
#include "process/schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include <sonde/testing/batch_builder.hpp>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/envelope.pb.h"
#include "sonde/v1/process.pb.h"

namespace sonde::process {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(Schema, event_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::ProcessEvent::descriptor()), (numbers{{"kind", schema::event_kind},
                                                                   {"process", schema::event_process},
                                                                   {"exit_code", schema::event_exit_code},
                                                                   {"exit_signal", schema::event_exit_signal},
                                                                   {"real_id", schema::event_real_id},
                                                                   {"effective_id", schema::event_effective_id},
                                                                   {"snapshot_number", schema::event_snapshot_number},
                                                                   {"snapshot_end", schema::event_snapshot_end},
                                                                   {"usage_only", schema::event_usage_only}}));
    EXPECT_EQ(fields_of(*v1::SnapshotEnd::descriptor()),
              (numbers{{"processes", schema::end_processes},
                       {"interval_nano", schema::end_interval_nano},
                       {"is_partial", schema::end_is_partial},
                       {"is_usage_only", schema::end_is_usage_only},
                       {"is_watched", schema::end_is_watched},
                       {"began_time_unix_nano", schema::end_began_time_unix_nano}}));
}

TEST(Schema, process_fields_match_the_descriptor) {
    EXPECT_EQ(fields_of(*v1::Process::descriptor()),
              (numbers{{"pid", schema::pid},
                       {"parent_pid", schema::parent_pid},
                       {"name", schema::name},
                       {"command_args", schema::command_args},
                       {"command_args_truncated", schema::command_args_truncated},
                       {"executable_path", schema::executable_path},
                       {"create_time_unix_nano", schema::create_time_unix_nano},
                       {"state", schema::state},
                       {"user_id", schema::user_id},
                       {"group_id", schema::group_id},
                       {"threads", schema::threads},
                       {"open_files", schema::open_files},
                       {"memory_rss", schema::memory_rss},
                       {"memory_virtual", schema::memory_virtual},
                       {"cpu_time_user", schema::cpu_time_user},
                       {"cpu_time_system", schema::cpu_time_system},
                       {"cpu_percent", schema::cpu_percent},
                       {"cgroup_id", schema::cgroup_id},
                       {"cgroup_path", schema::cgroup_path},
                       {"container_id", schema::container_id},
                       {"session_id", schema::session_id},
                       {"original_parent_pid", schema::original_parent_pid},
                       {"working_directory", schema::working_directory},
                       {"exec_path", schema::exec_path},
                       {"paths_truncated", schema::paths_truncated},
                       {"pid_namespace", schema::pid_namespace},
                       {"mount_namespace", schema::mount_namespace},
                       {"network_namespace", schema::network_namespace},
                       {"namespace_pid", schema::namespace_pid},
                       {"pid_namespace_level", schema::pid_namespace_level},
                       {"is_container", schema::is_container},
                       {"memory_rss_peak", schema::memory_rss_peak}}));
}

TEST(Schema, kinds_match_the_descriptor) {
    const auto number = [](schema::kind kind) { return static_cast<int>(kind); };
    const auto& kinds = *v1::ProcessEvent::Kind_descriptor();
    numbers found;
    for (int i = 0; i < kinds.value_count(); ++i) {
        found.emplace(kinds.value(i)->name(), kinds.value(i)->number());
    }
    EXPECT_EQ(found, (numbers{{"KIND_UNSPECIFIED", 0},
                              {"KIND_EXEC", number(schema::kind::exec)},
                              {"KIND_FORK", number(schema::kind::fork)},
                              {"KIND_EXIT", number(schema::kind::exit)},
                              {"KIND_COMM", number(schema::kind::comm)},
                              {"KIND_UID", number(schema::kind::uid)},
                              {"KIND_GID", number(schema::kind::gid)},
                              {"KIND_SAMPLE", number(schema::kind::sample)},
                              {"KIND_SNAPSHOT_END", number(schema::kind::snapshot_end)},
                              {"KIND_SOURCE_END", number(schema::kind::source_end)}}));
}

TEST(Schema, content_type_is_the_name_of_the_message) {
    EXPECT_EQ(v1::ProcessEvent::descriptor()->full_name(), schema::content_type);
}

TEST(FakeHost, batch_bodies_are_read_by_protobuf) {
    testing::batch_builder builder("raw/x/", {"process", "one", "host-a", 3, {}, 77, 0});
    const auto batch = builder
                           .add([](envelope_writer& out) {
                               out.time(std::chrono::seconds(5), clock_quality::kernel)
                                   .process(7, std::chrono::seconds(2))
                                   .attribute("k", "v")
                                   .data("text/plain", 1, std::array<std::uint8_t, 1>{'x'});
                           })
                           .build();
    const sonde_batch given = batch.abi();
    v1::EnvelopeBatch body;
    ASSERT_TRUE(body.ParseFromArray(given.body, static_cast<int>(given.body_size)));
    EXPECT_EQ(body.resource().source(), "process");
    EXPECT_EQ(body.resource().node_name_origin(), v1::NODE_NAME_ORIGIN_HOST_NAME);
    EXPECT_EQ(body.resource().stream_uid(), 77u);
    ASSERT_EQ(body.envelopes_size(), 1);
    const auto& envelope = body.envelopes(0);
    EXPECT_EQ(envelope.time_unix_nano(), 5'000'000'000u);
    EXPECT_EQ(envelope.clock(), v1::CLOCK_QUALITY_KERNEL);
    EXPECT_EQ(envelope.process_start_time(), 2'000'000'000u);
    EXPECT_EQ(envelope.attributes().at("k"), "v");
    EXPECT_EQ(envelope.data(), "x");

    // And the fake host's own reading agrees.
    const std::string bytes = envelope.SerializeAsString();
    const auto record = testing::decode_envelope({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    ASSERT_TRUE(record);
    EXPECT_EQ(record->attribute("k"), "v");
    EXPECT_EQ(record->pid, 7u);
}

}  // namespace
}  // namespace sonde::process
