// SPDX-License-Identifier: Apache-2.0
#include "prometheus/options.hpp"

#include "kit.hpp"

namespace sonde::prometheus {
namespace {

using namespace std::chrono_literals;

void expect_refused(const testing::option_texts& texts, const std::string& key, const std::string& words) {
    const auto read = options_of(texts);
    ASSERT_FALSE(read) << key;
    EXPECT_EQ(read.error().where, key) << read.error().text;
    EXPECT_THAT(read.error().text, ::testing::HasSubstr(words));
}

TEST(Options, queries_have_their_own_intervals_ranges_and_steps) {
    const auto read = options_of({{"url", "http://prometheus:9090/"},
                                  {"queries", "a=up,b=sum(up),c=rate(x[1m])"},
                                  {"query_interval", "15s"},
                                  {"query_intervals", "b=5m"},
                                  {"query_ranges", "b=1h,c=10m"},
                                  {"query_steps", "c=1s"}});
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->url, "http://prometheus:9090");
    ASSERT_EQ(read->queries.size(), 3U);
    EXPECT_EQ(read->queries[0].interval, 15s);
    EXPECT_EQ(read->queries[0].range, 0s);
    EXPECT_EQ(read->queries[1].interval, 5min);
    EXPECT_EQ(read->queries[1].step, 5min) << "its interval";
    EXPECT_EQ(read->queries[2].text, "rate(x[1m])");
    EXPECT_EQ(read->queries[2].range, 10min);
    EXPECT_EQ(read->queries[2].step, 1s);
}

TEST(Options, targets_are_labelled_by_name_address_and_what_is_configured) {
    const auto read = options_of({{"targets", "node=http://10.0.0.1:9100/metrics,web=https://[::1]/m"},
                                  {"labels", "site=north"},
                                  {"target_labels", "web/job=nginx,web/tier=front"}});
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->targets[0].labels, (label_list{{"instance", "10.0.0.1:9100"}, {"job", "node"}, {"site", "north"}}));
    EXPECT_EQ(read->targets[1].labels,
              (label_list{{"instance", "[::1]:443"}, {"job", "nginx"}, {"site", "north"}, {"tier", "front"}}));
}

TEST(Options, nothing_to_collect_is_refused) { expect_refused({}, "queries", "nothing to collect"); }

TEST(Options, addresses_are_checked) {
    for (const char* url : {"prometheus:9090", "ftp://x", "http://", "http://a b", "http://:80"}) {
        expect_refused({{"url", url}, {"queries", "a=up"}}, "url", "no address");
    }
    expect_refused({{"url", "http://me:pass@host"}, {"queries", "a=up"}}, "url", "username");
    expect_refused({{"url", "http://host/?tenant=1"}, {"queries", "a=up"}}, "url", "? or #");
    EXPECT_TRUE(options_of({{"targets", "a=http://host/federate?x"}})) << "what belongs to a page";
    expect_refused({{"targets", "a=localhost"}}, "targets", "no address");
}

TEST(Options, names_that_nothing_has_are_refused) {
    expect_refused({{"url", "http://h"}, {"queries", "a=up"}, {"query_intervals", "b=5s"}}, "query_intervals", "'b'");
    expect_refused({{"targets", "a=http://h"}, {"target_labels", "b/x=1"}}, "target_labels", "b/x");
    expect_refused({{"targets", "a=http://h"}, {"target_labels", "a=1"}}, "target_labels", "'a'");
    expect_refused({{"targets", "a/b=http://h"}}, "targets", "no /");
}

TEST(Options, durations_are_checked) {
    const auto with = [](const char* text) {
        return testing::option_texts{
            {"url", "http://h"}, {"queries", "a=up"}, {"query_intervals", std::string("a=") + text}};
    };
    for (const char* text : {"", "5", "s", "5x", "-5s", "0s", "99999999999s", "1.5s"}) {
        expect_refused(with(text), "query_intervals", "duration");
    }
    expect_refused(with("1ms"), "query_intervals", "100ms");
    expect_refused(with("2d"), "query_intervals", "24h");
}

TEST(Options, steps_need_a_range_and_fit_into_it) {
    const testing::option_texts common{{"url", "http://h"}, {"queries", "a=up,b=up"}, {"query_ranges", "b=1d"}};
    const auto with = [&](const char* steps) {
        testing::option_texts all = common;
        all.emplace_back("query_steps", steps);
        return all;
    };
    expect_refused(with("a=1s"), "query_steps", "no range");
    expect_refused(with("b=1s"), "query_ranges", "11000");
    EXPECT_TRUE(options_of(with("b=10s")));
}

TEST(Options, header_fields_are_checked) {
    const auto with = [](const char* headers) {
        return testing::option_texts{{"targets", "a=http://h"}, {"headers", headers}};
    };
    EXPECT_TRUE(options_of(with("X-Scope-OrgID=me")));
    expect_refused(with("X Y=1"), "headers", "no header");
    for (const char* secret : {"Authorization=Bearer x", "x-api-key=x", "X-Auth-Token=x", "Cookie=a"}) {
        expect_refused(with(secret), "headers", "header_files");
    }
    EXPECT_TRUE(options_of({{"targets", "a=http://h"}, {"header_files", "X-API-Key=/run/key"}}));
    expect_refused({{"targets", "a=http://h"}, {"header_files", "X Y=/run/key"}}, "header_files", "no header");
    expect_refused(with("X=a\r\nY: b"), "headers", "no header");
    expect_refused({{"targets", "a=http://h"}, {"bearer_token", "a b"}}, "bearer_token", "blanks");
}

TEST(Options, an_instance_is_named_by_host_and_port) {
    EXPECT_EQ(instance_of("http://a:1/x"), "a:1");
    EXPECT_EQ(instance_of("http://a?x=1"), "a:80");
    EXPECT_EQ(instance_of("https://a"), "a:443");
    EXPECT_EQ(instance_of("http://[::1]:9/x:y"), "[::1]:9");
}

}  // namespace
}  // namespace sonde::prometheus
