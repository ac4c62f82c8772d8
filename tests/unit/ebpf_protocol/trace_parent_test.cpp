// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/trace_parent.hpp"

#include <string>

#include <gtest/gtest.h>

#include "ebpf/protocol/http_head.hpp"

namespace sonde::ebpf::protocol {
namespace {

// The example of W3C Trace Context, section 3.2.3.
const std::string example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceParent, has_ids_and_flags) {
    const auto read = read_trace_parent(example);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->trace_id, (std::array<std::uint8_t, 16>{0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce,
                                                            0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36}));
    EXPECT_EQ(read->parent_id, (std::array<std::uint8_t, 8>{0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7}));
    EXPECT_EQ(read->flags, 1);
    EXPECT_EQ(read_trace_parent(example.substr(0, 53) + "00")->flags, 0);
}

TEST(TraceParent, of_a_later_version_is_read_as_far_as_it_is_known) {
    const std::string later = "cc" + example.substr(2);
    EXPECT_EQ(read_trace_parent(later), read_trace_parent(example));
    EXPECT_EQ(read_trace_parent(later + "-what-the-future-holds"), read_trace_parent(example));
    EXPECT_FALSE(read_trace_parent(later + "."));
}

TEST(TraceParent, that_is_not_valid_is_none) {
    EXPECT_FALSE(read_trace_parent(""));
    EXPECT_FALSE(read_trace_parent(example + "-00")) << "version 00 has no more";
    EXPECT_FALSE(read_trace_parent("ff" + example.substr(2)));
    EXPECT_FALSE(read_trace_parent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
    EXPECT_FALSE(read_trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
    EXPECT_FALSE(read_trace_parent("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
    for (std::size_t size = 0; size < example.size(); ++size) {
        EXPECT_FALSE(read_trace_parent(example.substr(0, size))) << size;
    }
    for (std::size_t at = 0; at < example.size(); ++at) {
        std::string changed = example;
        changed[at] = 'g';
        EXPECT_FALSE(read_trace_parent(changed)) << at;
    }
}

TEST(TraceParent, belongs_to_a_request_that_has_just_one) {
    const std::string field = "TraceParent:  " + example + "\r\n";
    request_head head;
    ASSERT_EQ(read_request("GET / HTTP/1.1\r\n" + field + "\r\n", head), head_refusal::none);
    EXPECT_EQ(head.fields.trace, read_trace_parent(example));
    const std::string twice = "GET / HTTP/1.1\r\n" + field + field + "\r\n";
    ASSERT_EQ(read_request(twice, head), head_refusal::none);
    EXPECT_FALSE(head.fields.trace);
    ASSERT_EQ(read_request("GET / HTTP/1.1\r\nHost: a\r\n\r\n", head), head_refusal::none);
    EXPECT_FALSE(head.fields.trace);
}

}  // namespace
}  // namespace sonde::ebpf::protocol
