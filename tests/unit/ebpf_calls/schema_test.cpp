// SPDX-License-Identifier: Apache-2.0
// The numbers that the wire writer uses are those of the .proto file, and layouts are those of the kernel side.
#include "ebpf/calls/schema.hpp"

#include <cstddef>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include <sonde_bpf/connect.h>
#include <sonde_bpf/file_open.h>
#include <sonde_bpf/namespace.h>

#include "../descriptor_numbers.hpp"
#include "sonde/v1/kernel_event.pb.h"

static_assert(offsetof(sonde_caller, pid) == 16 && offsetof(sonde_caller, name) == 32);
static_assert(offsetof(sonde_connect, cookie) == 64 && offsetof(sonde_connect, port) == 88);
static_assert(offsetof(sonde_file_open, open_flags) == 64 && offsetof(sonde_file_open, path_size) == 74);
static_assert(offsetof(sonde_file_open, path) == 80);
static_assert(offsetof(sonde_namespace, before) == 64);

namespace sonde::ebpf::calls {
namespace {

using sonde::testing::fields_of;
using sonde::testing::numbers;

TEST(CallSchema, connects_match_the_descriptor) {
    using enum connect_field;
    EXPECT_EQ(v1::ConnectCall::descriptor()->full_name(), connect_type);
    EXPECT_EQ(fields_of(*v1::ConnectCall::descriptor()), (numbers{{"socket_cookie", number(socket_cookie)},
                                                                  {"peer_address", number(peer_address)},
                                                                  {"peer_port", number(peer_port)},
                                                                  {"transport", number(transport)},
                                                                  {"type", number(type)},
                                                                  {"error_code", number(error_code)},
                                                                  {"tid", number(tid)},
                                                                  {"name", number(name)}}));
}

TEST(CallSchema, opened_files_match_the_descriptor) {
    using enum file_field;
    EXPECT_EQ(v1::FileOpen::descriptor()->full_name(), file_type);
    EXPECT_EQ(fields_of(*v1::FileOpen::descriptor()), (numbers{{"path", number(path)},
                                                               {"open_flags", number(open_flags)},
                                                               {"mode", number(mode)},
                                                               {"error_code", number(error_code)},
                                                               {"path_truncated", number(path_truncated)},
                                                               {"tid", number(tid)},
                                                               {"name", number(name)}}));
}

TEST(CallSchema, network_namespaces_match_the_descriptor) {
    using enum namespace_field;
    using event = v1::NetworkNamespaceEvent;
    EXPECT_EQ(event::descriptor()->full_name(), namespace_type);
    EXPECT_EQ(fields_of(*event::descriptor()), (numbers{{"action", number(action)},
                                                        {"call", number(call)},
                                                        {"previous_inode", number(previous_inode)},
                                                        {"inode", number(inode)},
                                                        {"tid", number(tid)},
                                                        {"name", number(name)}}));
    EXPECT_EQ(number(namespace_action::created), static_cast<std::uint32_t>(event::ACTION_CREATED));
    EXPECT_EQ(number(namespace_action::entered), static_cast<std::uint32_t>(event::ACTION_ENTERED));
    EXPECT_EQ(number(namespace_action::ended), static_cast<std::uint32_t>(event::ACTION_ENDED));
    EXPECT_EQ(static_cast<int>(SONDE_NAMESPACE_CLONE), static_cast<int>(event::CALL_CLONE));
    EXPECT_EQ(static_cast<int>(SONDE_NAMESPACE_UNSHARE), static_cast<int>(event::CALL_UNSHARE));
    EXPECT_EQ(static_cast<int>(SONDE_NAMESPACE_SETNS), static_cast<int>(event::CALL_SETNS));
}

TEST(CallSchema, events_have_a_place_in_the_table_of_losses) { EXPECT_LT(SONDE_EVENT_SYNC, SONDE_EVENT_TYPE_COUNT); }

}  // namespace
}  // namespace sonde::ebpf::calls
