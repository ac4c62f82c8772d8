// SPDX-License-Identifier: Apache-2.0
#include "ebpf/protocol/path_template.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

namespace sonde::ebpf::protocol {
namespace {

std::string of(std::string_view target) { return std::string(path_template(target).view()); }

TEST(PathTemplate, keeps_words) {
    EXPECT_EQ(of("/"), "/");
    EXPECT_EQ(of("/api/v2/users"), "/api/v2/users");
    EXPECT_EQ(of("/static/app.min.js"), "/static/app.min.js");
    EXPECT_EQ(of("/how-to-build-a-house-in-2024"), "/how-to-build-a-house-in-2024");
    EXPECT_EQ(of("/facade/decade/deface"), "/facade/decade/deface");
    EXPECT_EQ(of("/getUserProfileByName"), "/getUserProfileByName");
    EXPECT_EQ(of("/oauth2/.well-known/openid-configuration"), "/oauth2/.well-known/openid-configuration");
}

TEST(PathTemplate, replaces_identifiers) {
    EXPECT_EQ(of("/orders/4711/items/2"), "/orders/{id}/items/{id}");
    EXPECT_EQ(of("/o/550e8400-e29b-41d4-a716-446655440000"), "/o/{id}");
    EXPECT_EQ(of("/o/550E8400E29B41D4A716446655440000/x"), "/o/{id}/x");
    EXPECT_EQ(of("/commit/9f2c1ab0"), "/commit/{id}");
    EXPECT_EQ(of("/key/deadbeefdeadbeef"), "/key/{id}");
    EXPECT_EQ(of("/report/2024-05-01"), "/report/{id}");
    EXPECT_EQ(of("/host/10.0.0.1"), "/host/{id}");
    EXPECT_EQ(of("/t/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"), "/t/{id}");
    EXPECT_EQ(of("/v/dQw4w9WgXcQ1z"), "/v/{id}");
    EXPECT_EQ(of("/u/someone@example.test"), "/u/{id}");
    EXPECT_EQ(of("/u/someone%40example.test"), "/u/{id}");
    EXPECT_EQ(of("/x/" + std::string(49, 'a')), "/x/{id}");
}

TEST(PathTemplate, cuts_queries_fragments_and_parameters) {
    EXPECT_EQ(of("/a?b=/c/1"), "/a");
    EXPECT_EQ(of("/a#b"), "/a");
    EXPECT_EQ(of("?a"), "/");
    EXPECT_EQ(of("/a;session=1f/b"), "/a/b");
}

// RFC 9112 section 3.2.
TEST(PathTemplate, reads_all_forms_of_a_target) {
    EXPECT_EQ(of("http://example.test/a/1?b"), "/a/{id}");
    EXPECT_EQ(of("http://example.test"), "/");
    EXPECT_EQ(of("http://example.test?x"), "/");
    EXPECT_EQ(of("*"), "*");
    EXPECT_EQ(of("example.test:443"), "{authority}");
    EXPECT_EQ(of("/redirect/http://example.test/a"), "/redirect/http:/example.test/a");
}

TEST(PathTemplate, is_the_same_for_the_same_path_written_differently) {
    EXPECT_EQ(of("//a///b/"), of("/a/b"));
    EXPECT_EQ(of("///"), "/");
}

TEST(PathTemplate, has_so_many_segments_and_no_more) {
    EXPECT_EQ(of("/a/b/c/d/e/f/g/h"), "/a/b/c/d/e/f/g/h");
    EXPECT_EQ(of("/a/b/c/d/e/f/g/h/"), "/a/b/c/d/e/f/g/h");
    EXPECT_EQ(of("/a/b/c/d/e/f/g/h/i/j"), "/a/b/c/d/e/f/g/h/{rest}");
    const std::string word(48, 'w');
    EXPECT_EQ(of("/" + word + "/" + word + "/" + word + "/" + word), "/" + word + "/" + word + "/" + word + "/{rest}");
}

TEST(PathTemplate, is_printable_and_has_no_braces_but_its_own) {
    EXPECT_EQ(of("/\xc3\xa4"), "/%C3%A4");
    EXPECT_EQ(of("/{id}"), "/%7Bid%7D");
    std::mt19937 random(9);
    for (int round = 0; round < 20'000; ++round) {
        std::string target = "/";
        target.resize(1 + random() % 300);
        for (std::size_t i = 1; i < target.size(); ++i) {
            target[i] = random() % 9 == 0 ? '/' : static_cast<char>(random());
        }
        const std::string found = of(target);
        ASSERT_LE(found.size(), longest_template);
        ASSERT_TRUE(found.starts_with('/'));
        for (const char c : found) {
            ASSERT_TRUE(c > 0x20 && c < 0x7f);
        }
    }
}

}  // namespace
}  // namespace sonde::ebpf::protocol
