// SPDX-License-Identifier: Apache-2.0
#include "bus/recording.hpp"

#include <gtest/gtest.h>

#include <sonde/testing/batch_builder.hpp>

#include "support/crc32c.hpp"

namespace sonde::bus {
namespace {

std::string recorded(int batches) {
    testing::batch_builder builder("raw/test/");
    std::string all;
    for (int i = 0; i < batches; ++i) {
        const auto batch =
            builder.add([](envelope_writer& to) { to.data("text/plain", 1, std::string_view("hello")); }).build();
        append_record(all, batch.abi());
    }
    return all;
}

TEST(Recording, gives_back_what_was_recorded_in_whatever_pieces_it_comes) {
    const std::string all = recorded(3);
    for (const std::size_t piece : {1u, 7u, 96u, 10'000u}) {
        record_splitter records;
        int found = 0;
        for (std::size_t at = 0; at < all.size(); at += piece) {
            records.add(std::string_view(all).substr(at, piece));
            for (auto next = records.next(); next && *next; next = records.next()) {
                EXPECT_EQ(header_of(**next).sequence, static_cast<std::uint64_t>(found));
                EXPECT_EQ(header_of(**next).checksum, support::crc32c(body_of(**next)));
                ++found;
            }
        }
        EXPECT_EQ(found, 3) << piece;
        EXPECT_EQ(records.rest(), 0u);
    }
}

TEST(Recording, finds_damage) {
    std::string all = recorded(2);
    all[100] = static_cast<char>(all[100] ^ 1);
    record_splitter records;
    records.add(all);
    const auto next = records.next();
    ASSERT_FALSE(next);
    EXPECT_NE(next.error().text.find("checksum"), std::string::npos);

    record_splitter foreign;
    foreign.add(std::string(200, 'x'));
    EXPECT_FALSE(foreign.next());

    record_splitter cut;
    cut.add(std::string_view(all).substr(0, 50));
    EXPECT_FALSE(*cut.next());
    EXPECT_EQ(cut.rest(), 50u);
}

TEST(Recording, a_last_word_is_told_apart) {
    std::string all;
    append_last_word(all, "{\"tap\":\"end\"}");
    record_splitter records;
    records.add(all);
    const auto next = records.next();
    ASSERT_TRUE(next && *next);
    EXPECT_EQ(header_of(**next).schema_id, schema_of_last_word);
}

TEST(Crc32c, has_the_value_of_its_standard) {
    const std::string digits = "123456789";  // RFC 3720 names the polynomial; this is its usual check value
    EXPECT_EQ(support::crc32c({reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size()}), 0xe3069283u);
    const std::vector<std::uint8_t> zeros(32, 0);
    EXPECT_EQ(support::crc32c(zeros), 0x8a9136aau);  // RFC 3720, appendix B.4
}

}  // namespace
}  // namespace sonde::bus
