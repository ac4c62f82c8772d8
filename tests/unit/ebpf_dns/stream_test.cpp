// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/stream.hpp"

#include "sample.hpp"

namespace sonde::ebpf::dns {
namespace {

struct found {
    buffer captured;
    std::size_t full_size = 0;

    bool operator==(const found&) const = default;
};

class listener final {
public:
    explicit listener(std::size_t limit = 4096) : of(limit) {}

    void feed(std::uint32_t sequence, bytes segment, std::size_t missing = 0) {
        of.feed(sequence, segment, segment.size() + missing, [&](bytes captured, std::size_t full_size) {
            all.push_back({buffer(captured.begin(), captured.end()), full_size});
        });
    }

    stream of;
    std::vector<found> all;
};

constexpr std::uint32_t begin = 0xfffffff0;  // wraps soon

buffer two_messages(const buffer& first, const buffer& second) {
    buffer all{0, static_cast<std::uint8_t>(first.size())};
    all.insert(all.end(), first.begin(), first.end());
    all.insert(all.end(), {0, static_cast<std::uint8_t>(second.size())});
    all.insert(all.end(), second.begin(), second.end());
    return all;
}

const buffer first(20, 1);
const buffer second(30, 2);

TEST(Stream, finds_the_message_of_dig) {
    listener heard;
    const buffer segment = captured("tcp_query.bin");
    heard.feed(begin, segment);
    ASSERT_EQ(heard.all.size(), 1u);
    EXPECT_EQ(parsed(heard.all[0].captured).question(), "www.example.test");
    EXPECT_EQ(heard.of.size(), 0u);
}

TEST(Stream, finds_the_same_messages_however_they_are_cut) {
    const buffer all = two_messages(first, second);
    for (std::size_t piece = 1; piece <= all.size(); ++piece) {
        listener heard;
        for (std::size_t at = 0; at < all.size(); at += piece) {
            heard.feed(begin + static_cast<std::uint32_t>(at),
                       bytes(all).subspan(at, std::min(piece, all.size() - at)));
        }
        EXPECT_EQ(heard.all, (std::vector<found>{{first, 20}, {second, 30}})) << piece;
    }
}

TEST(Stream, ignores_what_is_repeated) {
    const buffer all = two_messages(first, second);
    listener heard;
    heard.feed(begin, bytes(all).first(25));
    heard.feed(begin, bytes(all).first(25));
    heard.feed(begin + 10, bytes(all).subspan(10, 20));
    heard.feed(begin + 30, bytes(all).subspan(30));
    EXPECT_EQ(heard.all, (std::vector<found>{{first, 20}, {second, 30}}));
}

TEST(Stream, cuts_a_message_with_a_gap_and_finds_the_next_one) {
    const buffer all = two_messages(first, second);
    listener heard;
    heard.feed(begin, bytes(all).first(7));
    heard.feed(begin + 12, bytes(all).subspan(12));
    EXPECT_EQ(heard.all, (std::vector<found>{{buffer(5, 1), 20}, {second, 30}}));
}

TEST(Stream, takes_a_segment_that_was_not_captured_whole) {
    const buffer all = two_messages(first, second);
    listener heard;
    heard.feed(begin, bytes(all).first(15), 7);
    heard.feed(begin + 22, bytes(all).subspan(22));
    EXPECT_EQ(heard.all, (std::vector<found>{{buffer(13, 1), 20}, {second, 30}}));
    EXPECT_FALSE(heard.of.is_lost());
}

TEST(Stream, is_lost_with_a_length) {
    const buffer all = two_messages(first, second);
    for (const std::size_t resumed : {23u, 24u, 30u}) {
        listener heard;
        heard.feed(begin, bytes(all).first(10));
        heard.feed(begin + static_cast<std::uint32_t>(resumed), bytes(all).subspan(resumed));
        EXPECT_TRUE(heard.of.is_lost()) << resumed;
        EXPECT_TRUE(heard.all.empty());
    }
}

TEST(Stream, keeps_no_more_than_its_limit) {
    listener heard(100);
    buffer all{0xff, 0xff};
    all.resize(2 + 65535, 9);
    for (std::size_t at = 0; at < all.size(); at += 1000) {
        heard.feed(begin + static_cast<std::uint32_t>(at),
                   bytes(all).subspan(at, std::min<std::size_t>(1000, all.size() - at)));
        EXPECT_LE(heard.of.size(), 100u);
    }
    EXPECT_EQ(heard.all, (std::vector<found>{{buffer(100, 9), 65535}}));
}

}  // namespace
}  // namespace sonde::ebpf::dns
