// SPDX-License-Identifier: Apache-2.0
#include <sonde/wire.hpp>

#include <array>
#include <cstdint>
#include <limits>

#include <gmock/gmock.h>

namespace sonde::wire {
namespace {

using ::testing::ElementsAre;

class Wire : public ::testing::Test {
protected:
    [[nodiscard]] std::span<const std::uint8_t> written() const { return {memory_.data(), out_.size()}; }

    std::array<std::uint8_t, 256> memory_{};
    writer out_{memory_};
};

TEST_F(Wire, writes_the_bytes_of_the_published_examples) {
    out_.uint(1, 150);
    out_.text(2, "testing");
    EXPECT_THAT(written(), ElementsAre(0x08, 0x96, 0x01, 0x12, 0x07, 't', 'e', 's', 't', 'i', 'n', 'g'));
}

TEST_F(Wire, reads_what_it_wrote) {
    out_.uint(1, std::numeric_limits<std::uint64_t>::max());
    out_.sint(2, -3);
    out_.fixed64(3, 0x0123456789abcdef);
    out_.number(4, -0.25);
    out_.message(5, [&] { out_.entry(6, "key", "value"); });
    ASSERT_FALSE(out_.overflowed());

    reader in(written());
    EXPECT_EQ(in.next()->value, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(in.next()->value, 5u);  // zigzag of -3
    EXPECT_EQ(in.next()->value, 0x0123456789abcdefu);
    EXPECT_EQ(in.next()->number_value(), -0.25);
    reader inner(in.next()->bytes);
    reader entry(inner.next()->bytes);
    EXPECT_EQ(entry.next()->text(), "key");
    EXPECT_EQ(entry.next()->text(), "value");
    EXPECT_FALSE(entry.next());
    EXPECT_FALSE(in.next());
    EXPECT_FALSE(in.failed() || inner.failed() || entry.failed());
}

TEST_F(Wire, leaves_out_what_is_empty_when_asked) {
    out_.uint_if(1, 0);
    out_.text_if(2, "");
    EXPECT_EQ(out_.size(), 0u);
    out_.uint_if(1, 1);
    EXPECT_EQ(out_.size(), 2u);
}

TEST_F(Wire, stays_overflowed_and_inside_its_memory) {
    for (std::size_t room = 0; room < 40; ++room) {
        std::array<std::uint8_t, 64> memory;
        memory.fill(0xee);
        writer out(std::span<std::uint8_t>(memory).first(room));
        out.message(1, [&] { out.text(2, "twenty characters long"); });
        out.fixed64(3, 1);
        out.uint(4, 1);
        if (out.overflowed()) {
            const std::size_t size = out.size();
            out.uint(5, 1);
            EXPECT_EQ(out.size(), size);
        }
        EXPECT_LE(out.size(), room);
        for (std::size_t i = room; i < memory.size(); ++i) {
            ASSERT_EQ(memory[i], 0xee) << "room " << room << ", byte " << i;
        }
    }
}

TEST(WireReader, fails_on_what_is_no_message) {
    const std::vector<std::vector<std::uint8_t>> broken{
        {0x08},             // a varint field without its value
        {0x12, 0x05, 'a'},  // fewer bytes than said
        {0x09, 1, 2, 3},    // half a fixed64
        {0x00, 0x01},       // field number zero
        {0x0b},             // a group, which proto3 does not have
        {0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},  // a length of eleven bytes
    };
    for (const auto& bytes : broken) {
        reader in(bytes);
        EXPECT_FALSE(in.next());
        EXPECT_TRUE(in.failed());
    }
}

}  // namespace
}  // namespace sonde::wire
