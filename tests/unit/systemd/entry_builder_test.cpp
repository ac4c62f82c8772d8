// SPDX-License-Identifier: Apache-2.0
#include "systemd/entry_builder.hpp"

#include <initializer_list>

#include <gtest/gtest.h>

#include "sonde/v1/systemd.pb.h"

namespace sonde::systemd {
namespace {

journal_options limits(std::size_t field = 1000, std::size_t entry = 10000, std::vector<std::string> fields = {}) {
    journal_options of;
    of.field_limit = field;
    of.entry_limit = entry;
    of.fields = std::move(fields);
    return of;
}

struct built {
    v1::JournalEntry entry;
    entry_facts facts;
};

built build(std::initializer_list<std::string_view> fields, const journal_options& of = limits()) {
    entry_builder builder(of);
    std::vector<std::uint8_t> room(1u << 20);
    wire::writer out(room);
    entry_place at;
    at.realtime_us = 1'700'000'000'000'001;
    at.monotonic_us = 5;
    at.boot = "0123456789abcdef0123456789abcdef";
    builder.begin(out, at, "the cursor");
    for (const std::string_view field : fields) {
        builder.add(field);
    }
    builder.finish();
    EXPECT_FALSE(out.overflowed());
    built made;
    EXPECT_TRUE(made.entry.ParseFromArray(room.data(), static_cast<int>(out.size())));
    made.facts = builder.facts();
    return made;
}

TEST(EntryBuilder, known_fields_have_places_of_their_own) {
    const auto [entry, facts] = build({"MESSAGE=hello", "PRIORITY=3", "_PID=12", "_UID=0", "_GID=7", "_COMM=cat",
                                       "SYSLOG_IDENTIFIER=me", "_SYSTEMD_UNIT=a.service", "UNIT=b.service",
                                       "_HOSTNAME=node", "_TRANSPORT=stdout", "_MACHINE_ID=00", "_BOOT_ID=11"});
    EXPECT_EQ(entry.message(), "hello");
    EXPECT_EQ(entry.priority(), 3U);
    EXPECT_EQ(entry.pid(), 12U);
    EXPECT_TRUE(entry.has_uid());
    EXPECT_EQ(entry.uid(), 0U);
    EXPECT_EQ(entry.gid(), 7U);
    EXPECT_EQ(entry.comm(), "cat");
    EXPECT_EQ(entry.identifier(), "me");
    EXPECT_EQ(entry.unit(), "a.service");
    EXPECT_EQ(entry.about_unit(), "b.service");
    EXPECT_EQ(entry.hostname(), "node");
    EXPECT_EQ(entry.transport(), "stdout");
    EXPECT_EQ(entry.machine_id(), "00");
    EXPECT_EQ(entry.boot_id(), "0123456789abcdef0123456789abcdef");
    EXPECT_EQ(entry.cursor(), "the cursor");
    EXPECT_EQ(entry.realtime_unix_nano(), 1'700'000'000'000'001'000U);
    EXPECT_EQ(entry.monotonic_ns(), 5000U);
    EXPECT_EQ(entry.fields_size(), 0);
    EXPECT_EQ(facts.pid, 12U);
    EXPECT_EQ(facts.priority, 3U);
}

TEST(EntryBuilder, what_does_not_fit_its_place_is_told_with_the_others) {
    const auto entry = build({"PRIORITY=high", "PRIORITY=9", "_PID=-1", "_COMM=one", "_COMM=two", "_UID="}).entry;
    EXPECT_FALSE(entry.has_priority());
    EXPECT_EQ(entry.comm(), "one");
    ASSERT_EQ(entry.fields_size(), 5);
    EXPECT_EQ(entry.fields(0).name(), "PRIORITY");
    EXPECT_EQ(entry.fields(3).text(), "two");
    EXPECT_EQ(entry.fields(4).text(), "");
}

TEST(EntryBuilder, bytes_that_are_no_text_are_told_as_bytes) {
    const auto entry = build({std::string_view("MESSAGE=\0\xff=", 11), std::string_view("ODD=\xc3\x28", 6)}).entry;
    EXPECT_EQ(entry.message(), "");
    EXPECT_EQ(entry.message_binary(), std::string("\0\xff=", 3));
    EXPECT_EQ(entry.fields(0).binary(), "\xc3\x28");
}

TEST(EntryBuilder, the_same_name_may_come_again) {
    const auto entry = build({"MESSAGE=a", "MESSAGE=b", "X=1", "X=2"}).entry;
    EXPECT_EQ(entry.message(), "a");
    ASSERT_EQ(entry.fields_size(), 3);
    EXPECT_EQ(entry.fields(0).text(), "b");
    EXPECT_EQ(entry.fields(2).text(), "2");
}

TEST(EntryBuilder, long_values_are_cut_and_marked_at_a_whole_character) {
    const std::string message = "MESSAGE=" + std::string(9, 'x') + "é";
    const auto [entry, facts] = build({message, "X=12345678901"}, limits(10));
    EXPECT_EQ(entry.message(), std::string(9, 'x'));
    EXPECT_TRUE(entry.message_truncated());
    EXPECT_EQ(entry.fields(0).text(), "1234567890");
    EXPECT_TRUE(entry.fields(0).truncated());
    EXPECT_EQ(facts.truncated_fields, 2U);
    EXPECT_EQ(facts.bytes, message.size() + 13);
}

TEST(EntryBuilder, a_value_of_just_the_limit_is_whole) {
    const auto [entry, facts] = build({"MESSAGE=1234567890"}, limits(10));
    EXPECT_EQ(entry.message(), "1234567890");
    EXPECT_FALSE(entry.message_truncated());
    EXPECT_EQ(facts.truncated_fields, 0U);
}

TEST(EntryBuilder, an_entry_beyond_its_limit_says_what_is_missing) {
    const auto [entry, facts] = build({"A=" + std::string(8, 'a'), "B=" + std::string(8, 'b'), "C=c"}, limits(10, 12));
    ASSERT_EQ(entry.fields_size(), 2);
    EXPECT_EQ(entry.fields(1).text(), "bb");
    EXPECT_TRUE(entry.fields(1).truncated());
    EXPECT_EQ(entry.fields_left_out(), 1U);
    EXPECT_EQ(facts.left_out_fields, 1U);
}

TEST(EntryBuilder, chosen_fields_are_the_only_others) {
    const auto entry = build({"MESSAGE=m", "A=1", "B=2", "C=3"}, limits(100, 1000, {"A", "C"})).entry;
    EXPECT_EQ(entry.message(), "m");
    ASSERT_EQ(entry.fields_size(), 2);
    EXPECT_EQ(entry.fields(1).name(), "C");
}

}  // namespace
}  // namespace sonde::systemd
