// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/names.hpp"

#include <set>

#include "ebpf/dns/record_type.hpp"

#include "sample.hpp"

namespace sonde::ebpf::dns {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
const address host = ipv4(10, 0, 0, 1);

message answer(std::string_view name, std::uint32_t ttl, const std::vector<std::uint8_t>& last_bytes = {1}) {
    builder from(1, builder::response);
    from.question(name, record_type::a);
    for (const std::uint8_t each : last_bytes) {
        from.answer(builder::question_name, record_type::a, ttl, {10, 0, 0, each});
    }
    return parsed(from.get());
}

std::set<std::string> found(names& in, const address& of) {
    std::set<std::string> all;
    in.find(of, [&](std::string_view name) { all.emplace(name); });
    return all;
}

using set = std::set<std::string>;

TEST(Names, knows_the_name_that_was_asked_for_not_its_alias) {
    names known;
    known.add(parsed(captured("a_response.bin")), second);
    EXPECT_EQ(found(known, ipv4(10, 77, 5, 2)), set{"www.example.test"});
    EXPECT_EQ(found(known, ipv4(10, 77, 5, 3)), set{"www.example.test"});
    EXPECT_EQ(known.size(), 2u);
}

TEST(Names, gathers_the_names_of_an_address) {
    names known;
    for (const char* name : {"a", "b", "a"}) {
        known.add(answer(name, 60), second);
    }
    EXPECT_EQ(found(known, host), (set{"a", "b"}));
    EXPECT_EQ(known.counts().added, 2u);
    EXPECT_TRUE(found(known, ipv4(10, 0, 0, 2)).empty());
}

TEST(Names, learns_nothing_from_queries_and_failures) {
    names known;
    known.add(parsed(captured("a_query.bin")), second);
    known.add(parsed(captured("nxdomain_response.bin")), second);
    buffer refused = captured("a_response.bin");
    refused[3] = static_cast<std::uint8_t>(refused[3] | 5);
    known.add(parsed(refused), second);
    EXPECT_EQ(known.size(), 0u);
}

TEST(Names, forgets_each_name_at_the_first_sweep_after_its_time) {
    names known({.shortest_life = second});
    known.add(answer("a", 10), 0);
    known.add(answer("b", 20), 0);
    known.sweep(10 * second - 1);
    known.sweep(10 * second);
    EXPECT_EQ(known.counts().expired, 1u);
    EXPECT_EQ(found(known, host), set{"b"});
    known.sweep(20 * second);
    EXPECT_EQ(found(known, host), set{"b"}) << "it was looked up since the last sweep";
    known.sweep(20 * second);
    known.sweep(20 * second);
    EXPECT_TRUE(found(known, host).empty());
    EXPECT_EQ(known.size(), 0u);
    EXPECT_EQ(known.counts().expired, 2u);
}

TEST(Names, renews_the_time_and_keeps_it_within_bounds) {
    names known({.shortest_life = 5 * second, .longest_life = 100 * second});
    known.add(answer("a", 0, {1}), 0);
    known.add(answer("b", 0x7fffffff, {2}), 0);
    known.add(answer("c", 10, {3}), 0);
    known.add(answer("c", 10, {3}), 8 * second);
    known.sweep(5 * second - 1);
    EXPECT_EQ(known.size(), 3u);
    known.sweep(5 * second);
    EXPECT_EQ(known.size(), 2u);
    known.sweep(17 * second);
    EXPECT_EQ(known.size(), 2u);
    known.sweep(18 * second);
    EXPECT_EQ(known.size(), 1u);
    known.sweep(100 * second);
    EXPECT_EQ(known.size(), 0u);
}

TEST(Names, drops_the_names_of_an_address_that_has_too_many) {
    names known({.names_per_address = 3});
    for (const char* name : {"a", "b", "c"}) {
        known.add(answer(name, 60), 0);
    }
    EXPECT_EQ(found(known, host).size(), 3u);
    known.add(answer("d", 60), 0);
    EXPECT_TRUE(found(known, host).empty());
    known.add(answer("e", 90), 0);
    EXPECT_TRUE(found(known, host).empty());
    EXPECT_EQ(known.counts().oversized, 1u);
    known.sweep(89 * second);
    EXPECT_EQ(known.size(), 1u);
    known.sweep(90 * second);
    EXPECT_EQ(known.size(), 0u);
    known.add(answer("a", 60), 90 * second);
    EXPECT_EQ(found(known, host), set{"a"});
}

TEST(Names, has_room_for_so_many_addresses_and_names) {
    names known({.addresses = 2, .names = 2});
    known.add(answer("a", 60, {1, 2, 3}), 0);
    EXPECT_EQ(known.counts().dropped_addresses, 1u);
    known.add(answer("b", 60, {1}), 0);
    known.add(answer("c", 60, {1}), 0);
    EXPECT_EQ(known.counts().dropped_names, 1u);
    EXPECT_EQ(found(known, host), (set{"a", "b"}));
    known.sweep(100 * second);
    known.sweep(100 * second);
    known.add(answer("c", 60, {3}), 100 * second);
    EXPECT_EQ(found(known, ipv4(10, 0, 0, 3)), set{"c"});
}

}  // namespace
}  // namespace sonde::ebpf::dns
