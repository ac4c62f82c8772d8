// SPDX-License-Identifier: Apache-2.0
// Whose the events of a body are stays the same when it is published after another resource.
#include "relay/body.hpp"

#include <gtest/gtest.h>

#include <sonde/batch.hpp>
#include <sonde/schema/batch.hpp>
#include <sonde/testing/batch_builder.hpp>

namespace sonde::relay {
namespace {

using sonde::testing::batch_builder;
using sonde::testing::built_batch;

built_batch batch_of(std::size_t events, std::size_t size, const testing::resource_record& resource) {
    batch_builder made("raw/test/", resource);
    for (std::size_t i = 0; i < events; ++i) {
        made.add([&](envelope_writer& out) { out.data("text/plain", 1, std::string(size, 'x')); });
    }
    return made.build();
}

// After the resource of the lane that carries it, as the receiver's host has it.
std::vector<std::uint8_t> carried(const body& of, const body::part& part) {
    std::vector<std::uint8_t> whole(part.size + 512);
    wire::writer out(whole);
    write_resource({"receive_raw", "receive_raw", "carrier", 2, "raw/relay/test/", 99, 1000, "9.9.9"}, out);
    of.write(part, out);
    EXPECT_FALSE(out.overflowed());
    whole.resize(out.size());
    return whole;
}

TEST(RelayBody, its_resource_is_the_one_that_counts_also_where_it_is_empty_or_zero) {
    const auto batch = batch_of(2, 3, {"process", "mine", "node-a", 0, {}, 0, 0});
    const sonde_batch abi = batch.abi();
    body of;
    ASSERT_TRUE(of.read(batch_view(abi).body()));
    const auto whole = carried(of, of.part_from(0));
    schema::batch_reader reader;
    reader.open(whole, 1000, "raw/relay/test/");
    const schema::envelope_view* read = reader.next();
    ASSERT_NE(read, nullptr);
    EXPECT_EQ(read->resource.source, "process");
    EXPECT_EQ(read->resource.instance, "mine");
    EXPECT_EQ(read->resource.node_name, "node-a");
    EXPECT_EQ(read->resource.node_name_origin, 0U);
    EXPECT_EQ(read->resource.topic, "raw/test/");
    EXPECT_EQ(read->resource.stream_uid, 0U);
    EXPECT_EQ(read->resource.source_version, "");
    EXPECT_EQ(read->item, 0U);
    EXPECT_EQ(read->resource.carrier_node, "carrier");
    ASSERT_NE(read = reader.next(), nullptr);
    EXPECT_EQ(read->item, 1U);
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_FALSE(reader.broken());
}

TEST(RelayBody, a_large_one_is_cut_into_parts_whose_events_keep_their_places) {
    const auto batch = batch_of(10, 100'000, {"process", "mine", "node-a", 1, {}, 5, 40, "1.2.3"});
    const sonde_batch abi = batch.abi();
    body of;
    ASSERT_TRUE(of.read(batch_view(abi).body()));
    ASSERT_EQ(of.items(), 10U);
    std::vector<std::uint64_t> places;
    std::size_t parts = 0;
    for (std::size_t at = 0; at < of.items();) {
        const body::part part = of.part_from(at);
        const auto whole = carried(of, part);
        schema::batch_reader reader;
        reader.open(whole, 1000, {});
        while (const schema::envelope_view* read = reader.next()) {
            places.push_back(read->item);
        }
        at = part.end;
        ++parts;
    }
    EXPECT_EQ(parts, 10U);
    EXPECT_EQ(places, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(RelayBody, the_next_of_the_same_stream_joins_it_and_no_other) {
    const testing::resource_record resource{"process", "mine", "node-a", 1, {}, 5, 40, "1.2.3"};
    batch_builder stream("raw/test/", resource);
    const auto next = [&](std::uint64_t skipped) {
        stream.add([](envelope_writer& out) { out.data("text/plain", 1, std::string_view("x")); });
        return stream.build(skipped);
    };
    const built_batch built[] = {next(0), next(0), next(1)};
    const auto other = batch_of(1, 1, {"process", "mine", "node-b", 1, {}, 5, 41, "1.2.3"});
    const auto bytes_of = [](const built_batch& of) { return of.bytes().subspan(SONDE_BATCH_HEADER_SIZE); };
    body of;
    ASSERT_TRUE(of.read(bytes_of(built[0])));
    EXPECT_FALSE(of.join(bytes_of(other)));
    EXPECT_FALSE(of.join(bytes_of(built[0])));
    EXPECT_FALSE(of.join({}));
    EXPECT_EQ(of.items(), 1U);
    EXPECT_TRUE(of.join(bytes_of(built[1])));
    EXPECT_EQ(of.items(), 2U);
    EXPECT_FALSE(of.join(bytes_of(built[2])));  // one was lost before it
    EXPECT_EQ(of.items(), 2U);
}

TEST(RelayBody, one_that_does_not_say_whose_it_is_is_refused) {
    body of;
    EXPECT_FALSE(of.read({}));
    const auto nameless = batch_of(1, 1, {"process", "mine", "", 1, {}, 5, 0});
    sonde_batch abi = nameless.abi();
    EXPECT_FALSE(of.read(batch_view(abi).body()));
    std::vector<std::uint8_t> only_resource(256);
    wire::writer out(only_resource);
    write_resource({"a", "b", "c", 1, "raw/d/", 1, 2, ""}, out);
    EXPECT_FALSE(of.read(std::span(only_resource).first(out.size())));
}

TEST(RelayBody, what_is_before_a_break_is_kept) {
    const auto batch = batch_of(3, 50, {"process", "mine", "node-a", 1, {}, 5, 0});
    const sonde_batch abi = batch.abi();
    const auto whole = batch_view(abi).body();
    body of;
    ASSERT_TRUE(of.read(whole.first(whole.size() - 1)));
    EXPECT_EQ(of.items(), 2U);
}

}  // namespace
}  // namespace sonde::relay
