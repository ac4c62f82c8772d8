// SPDX-License-Identifier: Apache-2.0
#include "bus/batch_header.hpp"

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace sonde::bus {
namespace {

// A correct batch of one two-byte item.
std::vector<std::uint64_t> valid() {
    std::vector<std::uint64_t> words(SONDE_BATCH_HEADER_SIZE / 8 + 1);
    sonde_batch_header header{};
    header.magic = SONDE_BATCH_MAGIC;
    header.header_size = SONDE_BATCH_HEADER_SIZE;
    header.header_revision = SONDE_BATCH_HEADER_REVISION;
    header.item_count = 1;
    header.body_size = 8;
    std::memcpy(words.data(), &header, sizeof header);
    return words;
}

std::span<const std::uint8_t> bytes(const std::vector<std::uint64_t>& words) {
    return {reinterpret_cast<const std::uint8_t*>(words.data()), words.size() * 8};
}

sonde_batch_header& header_in(std::vector<std::uint64_t>& words) {
    return *reinterpret_cast<sonde_batch_header*>(words.data());
}

TEST(BatchHeader, accepts_a_correct_batch) {
    const auto batch = valid();
    const auto header = read_header(bytes(batch));
    ASSERT_TRUE(header) << header.error().text;
    EXPECT_EQ((*header)->item_count, 1u);
}

TEST(BatchHeader, refuses_every_truncation) {
    const auto batch = valid();
    for (std::size_t size = 0; size < batch.size() * 8; ++size) {
        EXPECT_FALSE(read_header(bytes(batch).first(size))) << size;
    }
}

TEST(BatchHeader, names_what_is_wrong) {
    auto batch = valid();
    header_in(batch).magic ^= 1;
    EXPECT_NE(read_header(bytes(batch)).error().text.find("magic"), std::string::npos);
    batch = valid();
    header_in(batch).header_size = 200;
    EXPECT_NE(read_header(bytes(batch)).error().text.find("header size 200"), std::string::npos);
    batch = valid();
    header_in(batch).body_size = 9;
    EXPECT_NE(read_header(bytes(batch)).error().text.find("body size 9"), std::string::npos);
    batch = valid();
    header_in(batch).item_count = 0;
    EXPECT_NE(read_header(bytes(batch)).error().text.find("without items"), std::string::npos);
    batch = valid();
    header_in(batch).item_count = 5;
    EXPECT_NE(read_header(bytes(batch)).error().text.find("5 items"), std::string::npos);
}

TEST(BatchHeader, accepts_a_larger_header_of_a_later_revision) {
    auto batch = valid();
    header_in(batch).header_size = SONDE_BATCH_HEADER_SIZE + 4;
    header_in(batch).header_revision = 2;
    header_in(batch).body_size = 4;
    EXPECT_TRUE(read_header(bytes(batch)));
}

TEST(BatchHeader, reads_the_published_test_vector) {
    // The bytes that docs/formats/batch.md explains one by one.
    std::ifstream file(SONDE_TEST_DATA "/formats/batch.bin", std::ios::binary);
    ASSERT_TRUE(file) << "tests/data/formats/batch.bin is missing";
    const std::vector<char> raw((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::vector<std::uint64_t> words((raw.size() + 7) / 8);
    std::memcpy(words.data(), raw.data(), raw.size());
    const auto header = read_header(bytes(words).first(raw.size()));
    ASSERT_TRUE(header) << header.error().text;
    EXPECT_EQ((*header)->lane_id, 7u);
    EXPECT_EQ((*header)->incarnation, 2u);
    EXPECT_EQ((*header)->stream_id, 1u);
    EXPECT_EQ((*header)->sequence, 41u);
    EXPECT_EQ((*header)->first_item, 1000u);
    EXPECT_EQ((*header)->item_count, 2u);
    EXPECT_EQ((*header)->wall_offset, 1'700'000'000'000'000'000);
}

}  // namespace
}  // namespace sonde::bus
