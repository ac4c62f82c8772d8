// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of the .proto file.
#include "ebpf/process/kernel_event_schema.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/kernel_event.pb.h"

namespace sonde::ebpf::process {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

namespace schema = kernel_schema;
TEST(KernelEventSchema, oom_kills_match_the_descriptor) {
    EXPECT_EQ(v1::OomKill::descriptor()->full_name(), schema::oom_kill_type);
    EXPECT_EQ(fields_of(*v1::OomKill::descriptor()), (numbers{{"victim", schema::victim},
                                                              {"memory_virtual", schema::memory_virtual},
                                                              {"memory_anonymous", schema::memory_anonymous},
                                                              {"memory_file", schema::memory_file},
                                                              {"memory_shared", schema::memory_shared},
                                                              {"score_adjustment", schema::score_adjustment}}));
}

TEST(KernelEventSchema, signals_match_the_descriptor) {
    EXPECT_EQ(v1::SignalEvent::descriptor()->full_name(), schema::signal_type);
    EXPECT_EQ(fields_of(*v1::SignalEvent::descriptor()), (numbers{{"receiver", schema::receiver},
                                                                  {"number", schema::number},
                                                                  {"code", schema::code},
                                                                  {"sender_pid", schema::sender_pid},
                                                                  {"sender_name", schema::sender_name},
                                                                  {"result", schema::result}}));
}

TEST(KernelEventSchema, sends_match_the_descriptor) {
    EXPECT_EQ(v1::TcpSend::descriptor()->full_name(), schema::send_type);
    EXPECT_EQ(fields_of(*v1::TcpSend::descriptor()), (numbers{{"bytes", schema::bytes},
                                                              {"local_address", schema::local_address},
                                                              {"local_port", schema::local_port},
                                                              {"remote_address", schema::remote_address},
                                                              {"remote_port", schema::remote_port},
                                                              {"tid", schema::tid},
                                                              {"name", schema::name}}));
}

}  // namespace
}  // namespace sonde::ebpf::process
