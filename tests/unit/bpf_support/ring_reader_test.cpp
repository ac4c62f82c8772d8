// SPDX-License-Identifier: Apache-2.0
// On a real ring of the kernel, filled by a program of a few instructions that copies the packet it is run with.
#include "bpf/support/ring_reader.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sonde/bpf/descriptor.hpp>

namespace sonde::bpf {
namespace {

constexpr std::uint32_t page = 4096;
constexpr int record_size = 48;

bpf_insn instruction(int code, int to, int from, int offset, std::int32_t value) {
    bpf_insn made{};
    made.code = static_cast<__u8>(code);
    made.dst_reg = static_cast<__u8>(to & 0xf);
    made.src_reg = static_cast<__u8>(from & 0xf);
    made.off = static_cast<__s16>(offset);
    made.imm = value;
    return made;
}

// bpf_skb_load_bytes(packet, 0, stack, 48); bpf_ringbuf_output(ring, stack, 48, 0); return 0
std::array<bpf_insn, 13> copying_program(int ring) {
    constexpr int move_register = BPF_ALU64 | BPF_MOV | BPF_X;
    constexpr int move_value = BPF_ALU64 | BPF_MOV | BPF_K;
    constexpr int add_value = BPF_ALU64 | BPF_ADD | BPF_K;
    constexpr int call = BPF_JMP | BPF_CALL;
    return {instruction(move_value, 2, 0, 0, 0),
            instruction(move_register, 3, 10, 0, 0),
            instruction(add_value, 3, 0, 0, -record_size),
            instruction(move_value, 4, 0, 0, record_size),
            instruction(call, 0, 0, 0, BPF_FUNC_skb_load_bytes),
            instruction(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, ring),
            instruction(0, 0, 0, 0, 0),
            instruction(move_register, 2, 10, 0, 0),
            instruction(add_value, 2, 0, 0, -record_size),
            instruction(move_value, 3, 0, 0, record_size),
            instruction(move_value, 4, 0, 0, 0),
            instruction(call, 0, 0, 0, BPF_FUNC_ringbuf_output),
            instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)};
}

class RingReader : public testing::Test {
protected:
    void SetUp() override {
        ring_ = descriptor(::bpf_map_create(BPF_MAP_TYPE_RINGBUF, "test_ring", 0, 0, page, nullptr));
        if (!ring_) {
            GTEST_SKIP() << "no ring of the kernel: " << ::strerrordesc_np(errno);
        }
        const auto code = copying_program(ring_.number());
        program_ =
            descriptor(::bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "copy", "GPL", code.data(), code.size(), nullptr));
        if (!program_) {
            GTEST_SKIP() << "no program in the kernel: " << ::strerrordesc_np(errno);
        }
    }

    // A record of 48 bytes that carries its number throughout.
    static std::string record(int number) {
        std::string made = std::to_string(number) + ' ';
        while (made.size() < record_size) {
            made += made;
        }
        return made.substr(0, record_size);
    }

    void produce(int number) const {
        constexpr std::size_t ethernet_header = 14;
        std::string packet = std::string(ethernet_header, '\0') + record(number);
        bpf_test_run_opts options{};
        options.sz = sizeof options;
        options.data_in = packet.data();
        options.data_size_in = static_cast<__u32>(packet.size());
        options.repeat = 1;
        ASSERT_EQ(::bpf_prog_test_run_opts(program_.number(), &options), 0) << ::strerrordesc_np(errno);
    }

    descriptor ring_;
    descriptor program_;
};

TEST_F(RingReader, hands_out_records_whole_and_in_order_across_the_end_of_the_ring) {
    auto reader = ring_reader::open(ring_.number());
    ASSERT_TRUE(reader) << reader.error().message();
    // 56 bytes each with its header: every other turn of the page cuts one.
    constexpr int rounds = 100;
    constexpr int at_once = 70;
    int next = 0;
    for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < at_once; ++i) {
            ASSERT_NO_FATAL_FAILURE(produce(round * at_once + i));
        }
        EXPECT_EQ(reader->pending(), at_once * 56u);
        const std::size_t count = reader->drain(
            [&](std::span<const std::byte> got) {
                ASSERT_EQ(std::string(reinterpret_cast<const char*>(got.data()), got.size()), record(next));
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(got.data()) % 8, 0u);
                ++next;
            },
            1000);
        EXPECT_EQ(count, std::size_t{at_once});
    }
    EXPECT_EQ(reader->pending(), 0u);
}

TEST_F(RingReader, stops_at_the_number_that_was_asked_for_and_goes_on_from_there) {
    auto reader = ring_reader::open(ring_.number());
    ASSERT_TRUE(reader) << reader.error().message();
    for (int i = 0; i < 5; ++i) {
        ASSERT_NO_FATAL_FAILURE(produce(i));
    }
    std::string seen;
    const auto visit = [&](std::span<const std::byte> got) { seen += static_cast<char>(got.front()); };
    EXPECT_EQ(reader->drain(visit, 2), 2u);
    EXPECT_EQ(reader->drain(visit, 10), 3u);
    EXPECT_EQ(seen, "01234");
}

}  // namespace
}  // namespace sonde::bpf
