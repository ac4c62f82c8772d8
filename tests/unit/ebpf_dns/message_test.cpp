// SPDX-License-Identifier: Apache-2.0
#include "ebpf/dns/message.hpp"

#include <random>

#include "ebpf/dns/record_type.hpp"

#include "sample.hpp"

namespace sonde::ebpf::dns {
namespace {

refusal why(const buffer& from) {
    message into;
    return into.parse(from);
}

TEST(Message, reads_a_query_of_dig) {
    const message query = parsed(captured("a_query.bin"));
    EXPECT_FALSE(query.is_response());
    EXPECT_EQ(query.question(), "www.example.test");
    EXPECT_EQ(query.question_type(), record_type::a);
    EXPECT_TRUE(query.addresses().empty());
}

TEST(Message, follows_the_alias_in_an_answer_of_dnsmasq) {
    const message answer = parsed(captured("a_response.bin"));
    EXPECT_TRUE(answer.is_response());
    EXPECT_EQ(answer.response_code(), 0);
    EXPECT_EQ(answer.question(), "www.example.test");
    ASSERT_EQ(answer.addresses().size(), 2u);
    EXPECT_EQ(answer.addresses()[0].ttl, 300u);
    const bool is_first = answer.addresses()[0].to == ipv4(10, 77, 5, 2);
    EXPECT_EQ(answer.addresses()[is_first ? 0 : 1].to, ipv4(10, 77, 5, 2));
    EXPECT_EQ(answer.addresses()[is_first ? 1 : 0].to, ipv4(10, 77, 5, 3));
}

TEST(Message, lowers_names_and_reads_ipv6) {
    const message answer = parsed(captured("aaaa_response.bin"));
    EXPECT_EQ(answer.question(), "web.shop.example.test");
    EXPECT_EQ(answer.question_type(), record_type::aaaa);
    ASSERT_EQ(answer.addresses().size(), 1u);
    EXPECT_EQ(answer.addresses()[0].to,
              (address{.bytes = {0xfd, 0x77, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, .of = family::ipv6}));
}

TEST(Message, takes_the_other_types_without_their_records) {
    constexpr std::uint8_t no_such_name = 3;
    EXPECT_EQ(parsed(captured("nxdomain_response.bin")).response_code(), no_such_name);
    EXPECT_EQ(parsed(captured("srv_response.bin")).question(), "_http._tcp.shop.example.test");
    EXPECT_EQ(type_name(parsed(captured("txt_response.bin")).question_type()), "TXT");
    EXPECT_EQ(type_name(parsed(captured("https_response.bin")).question_type()), "HTTPS");
    EXPECT_EQ(parsed(captured("ptr_response.bin")).question(), "2.5.77.10.in-addr.arpa");
    EXPECT_TRUE(parsed(captured("ptr_response.bin")).addresses().empty());
}

// RFC 9460 section 2.2: priority, target name, parameters; here between the alias and the address.
TEST(Message, skips_service_bindings_by_their_length) {
    builder from(1, builder::response);
    from.question("a.test", record_type::a);
    from.answer(builder::question_name, 65, 60, {0, 1, 0, 0, 1, 0, 3, 2, 'h', '2'});
    from.answer(builder::question_name, record_type::a, 60, {10, 0, 0, 1});
    EXPECT_EQ(parsed(from.get()).addresses().size(), 1u);
}

TEST(Message, takes_only_addresses_of_the_last_alias_in_record_order) {
    builder from(1, builder::response);
    from.question("a.test", record_type::a);
    from.answer(builder::question_name, record_type::a, 60, {10, 0, 0, 1});
    const std::size_t b = from.answer(builder::question_name, record_type::cname, 20, builder::wire("b.test"));
    from.answer(builder::question_name, record_type::a, 60, {10, 0, 0, 2});
    const std::size_t c = from.answer(b, record_type::cname, 40, builder::wire("C.test"));
    from.answer(c, record_type::a, 60, {10, 0, 0, 3});
    from.answer(c, record_type::a, 10, {10, 0, 0, 4});
    from.answer(c, record_type::a, 10, {10, 0, 0, 5}, 3);
    const message answer = parsed(from.get());
    ASSERT_EQ(answer.addresses().size(), 3u);
    EXPECT_EQ(answer.addresses()[0].to, ipv4(10, 0, 0, 1));
    EXPECT_EQ(answer.addresses()[1].to, ipv4(10, 0, 0, 3));
    EXPECT_EQ(answer.addresses()[1].ttl, 20u);
    EXPECT_EQ(answer.addresses()[2].ttl, 10u);
}

TEST(Message, compares_owners_without_regard_to_case_or_compression) {
    builder from(1, builder::response);
    from.question("www.a.test", record_type::cname);
    from.answer(builder::question_name, record_type::cname, 20, builder::wire("x.A.test"));
    builder all(1, builder::response);
    all.raw(buffer(from.get().begin() + 12, from.get().end()));
    // Owner "X" and a pointer to "a.test" in the question.
    all.raw({1, 'X', 0xc0, builder::question_name + 4, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 9}).counts(1, 2);
    const message answer = parsed(all.get());
    ASSERT_EQ(answer.addresses().size(), 1u);
    EXPECT_EQ(answer.addresses()[0].to, ipv4(10, 0, 0, 9));
}

TEST(Message, escapes_what_is_not_printable) {
    builder from(1);
    from.raw({6, 'A', '.', '\\', ' ', 0, 0xff, 1, 'b', 0, 0, 1, 0, 1}).counts(1, 0);
    EXPECT_EQ(parsed(from.get()).question(), "a\\.\\\\\\032\\000\\255.b");
    EXPECT_EQ(parsed(builder(1).question("", 2).get()).question(), ".");
}

// RFC 1035 section 2.3.4: 255 octets, which is 127 labels of one byte and the root.
TEST(Message, takes_the_longest_name_and_refuses_a_longer_one) {
    std::string longest = "a";
    for (int i = 1; i < 127; ++i) {
        longest += ".a";
    }
    EXPECT_EQ(parsed(builder(1).question(longest, 1).get()).question(), longest);
    EXPECT_EQ(why(builder(1).question(longest + ".a", 1).get()), refusal::bad_name);
    const std::string label(63, 'a');
    const std::string four = label + '.' + label + '.' + label + '.';
    EXPECT_EQ(why(builder(1).question(four + std::string(61, 'b'), 1).get()), refusal::none);
    EXPECT_EQ(why(builder(1).question(four + std::string(62, 'b'), 1).get()), refusal::bad_name);
    buffer worst(4, 63);
    builder from(1);
    for (int i = 0; i < 3; ++i) {
        from.raw({63}).raw(buffer(63, 0xff));
    }
    from.raw({61}).raw(buffer(61, 0xff)).raw({0, 0, 1, 0, 1}).counts(1, 0);
    EXPECT_EQ(parsed(from.get()).question().size(), 250u * 4 + 3);
}

TEST(Message, refuses_pointers_that_do_not_go_back) {
    const auto with_owner = [](const buffer& owner) {
        builder from(1, builder::response);
        from.question("a.test", 1).raw(owner).raw({0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1}).counts(1, 1);
        return why(from.get());
    };
    constexpr std::uint8_t here = 12 + 8 + 4;
    EXPECT_EQ(with_owner({0xc0, builder::question_name}), refusal::none);
    EXPECT_EQ(with_owner({0xc0, here}), refusal::loop);
    EXPECT_EQ(with_owner({0xc0, here + 2}), refusal::loop);
    EXPECT_EQ(with_owner({1, 'x', 0xc0, here}), refusal::loop);
    EXPECT_EQ(with_owner({0xc0, 4}), refusal::bad_name);
    EXPECT_EQ(with_owner({0x40, 0}), refusal::bad_name);
    EXPECT_EQ(with_owner({0x80, 0}), refusal::bad_name);
    EXPECT_EQ(why(builder(1).raw({0xc0, builder::question_name, 0, 1, 0, 1}).counts(1, 0).get()), refusal::loop);
}

TEST(Message, says_why_it_refuses) {
    EXPECT_EQ(why({}), refusal::truncated);
    EXPECT_EQ(why(builder(1).get()), refusal::not_one_question);
    EXPECT_EQ(why(builder(1).question("a", 1).question("b", 1).get()), refusal::not_one_question);
    EXPECT_EQ(why(builder(1).question("a", 1, 3).get()), refusal::not_in_class);
    EXPECT_EQ(why(builder(1, 0x2800).question("a", 1).get()), refusal::not_a_query);
    builder wrong_size(1, builder::response);
    wrong_size.question("a", 1).answer(builder::question_name, record_type::a, 1, {1, 2, 3});
    EXPECT_EQ(why(wrong_size.get()), refusal::bad_address);
    builder long_alias(1, builder::response);
    long_alias.question("a", 1).answer(builder::question_name, record_type::cname, 1, {1, 'b', 0, 0});
    EXPECT_EQ(why(long_alias.get()), refusal::bad_name);
}

TEST(Message, refuses_every_shorter_form_unless_the_capture_cut_it) {
    const buffer whole = captured("a_response.bin");
    constexpr std::size_t question_end = 12 + 18 + 4;
    const std::size_t answers_end = parsed(whole).size();
    for (std::size_t size = 0; size < answers_end; ++size) {
        message into;
        const bytes part = bytes(whole).first(size);
        EXPECT_EQ(into.parse(part), refusal::truncated) << size;
        const bool has_question = size >= question_end;
        EXPECT_EQ(into.parse(part, whole.size()), has_question ? refusal::none : refusal::truncated) << size;
        EXPECT_EQ(into.is_cut(), has_question) << size;
    }
}

TEST(Message, has_bounds_for_records) {
    builder from(1, builder::response);
    from.question("a", record_type::a);
    for (std::uint8_t i = 0; i < 200; ++i) {
        from.answer(builder::question_name, record_type::a, 1, {10, 0, 0, i});
    }
    const message answer = parsed(from.get());
    EXPECT_EQ(answer.addresses().size(), message::most_addresses);
    EXPECT_EQ(answer.left_out(), 200 - message::most_addresses);
    EXPECT_EQ(answer.size(), from.get().size());
}

// RFC 2181 section 8.
TEST(Message, takes_a_time_to_live_beyond_31_bits_for_zero) {
    builder from(1, builder::response);
    from.question("a", 1).answer(builder::question_name, record_type::a, 0x80000001, {10, 0, 0, 1});
    EXPECT_EQ(parsed(from.get()).addresses()[0].ttl, 0u);
}

TEST(Message, survives_changed_bytes) {
    std::mt19937 random(7);
    int refused = 0;
    for (const char* file : {"a_response.bin", "srv_response.bin", "aaaa_response.bin"}) {
        const buffer whole = captured(file);
        for (int round = 0; round < 5000; ++round) {
            buffer changed = whole;
            for (int i = 0; i < 4; ++i) {
                changed[random() % changed.size()] = static_cast<std::uint8_t>(random());
            }
            message into;
            const refusal reason = into.parse(changed);
            refused += reason == refusal::none ? 0 : 1;
            EXPECT_LE(into.question().size(), name_text::largest);
        }
    }
    EXPECT_GT(refused, 100);
}

TEST(RecordType, has_a_number_for_each_name) {
    for (const record_type& each : record_types) {
        EXPECT_EQ(type_number(each.name), each.number);
        EXPECT_EQ(type_name(each.number), each.name);
    }
    EXPECT_FALSE(type_number("NONE"));
    EXPECT_EQ(type_name(9999), "");
}

}  // namespace
}  // namespace sonde::ebpf::dns
