// SPDX-License-Identifier: Apache-2.0
// The protocol of lists and watches against a carrier of the test's own, with a clock that is turned by hand.
#include "k8s/reflector.hpp"

#include <map>

#include <gtest/gtest.h>

#include <sonde/testing/fake_host.hpp>

#include "texts.hpp"

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

// Keeps what was asked; the test answers.
class fake_carrier final : public http::carrier {
public:
    http::request_id start(http::request what, http::receiver& to) override {
        asked.push_back(what.url);
        last = std::move(what);
        open.emplace(++id, &to);
        return id;
    }
    void cancel(http::request_id which) override { cancelled += open.erase(which); }

    void head(int status, std::vector<std::pair<std::string, std::string>> fields = {}) {
        open.at(id)->on_head({status, std::move(fields)});
    }
    bool body(std::string_view bytes) { return open.at(id)->on_body(bytes); }
    void end(http::failure why = http::failure::none, std::string text = {}) {
        http::receiver* const to = open.at(id);
        open.erase(id);
        to->on_end({why, std::move(text)});
    }
    void answer(int status, std::string_view text) {
        head(status);
        if (!text.empty() && !body(text)) {
            end(http::failure::refused);
        } else {
            end();
        }
    }

    std::vector<std::string> asked;
    http::request last;
    std::map<http::request_id, http::receiver*> open;
    http::request_id id = 0;
    std::size_t cancelled = 0;
};

class Reflector : public ::testing::Test {
protected:
    reflector_settings settings() {
        reflector_settings made;
        made.versions = {"v1"};
        made.page_size = 2;
        return made;
    }
    void make(reflector_settings with) {
        mirror_.reset();
        mirror_.emplace(std::move(with),
                        reflector_links{&carrier_, &limiter_, &random_, &reader_, &meters_, [this] { return now_; },
                                        [this](std::string_view target) -> result<http::request> {
                                            if (!has_token_) {
                                                return fail(errc::denied, "no token");
                                            }
                                            http::request made;
                                            made.url = target;
                                            return made;
                                        },
                                        [this] { ++distrusted_; }},
                        objects_);
        mirror_->begin(now_);
    }
    // Lets time pass until the next request is asked; its target.
    std::string next_request(std::chrono::nanoseconds within = 10min) {
        const std::size_t before = carrier_.asked.size();
        for (const auto until = now_ + within; now_ <= until; now_ += 10ms) {
            mirror_->tick();
            if (carrier_.asked.size() > before) {
                return carrier_.asked.back();
            }
        }
        return {};
    }
    void sync(std::string_view items = "", std::string_view version = "10") {
        ASSERT_FALSE(next_request().empty());
        carrier_.answer(200, testing::list(version, items));
        ASSERT_NE(next_request().find("watch=true"), std::string::npos);
        told_.clear();
    }
    std::string reason() const { return mirror_->status().trouble ? mirror_->status().trouble->reason : ""; }
    bool frame(std::string_view type, std::string_view object) { return carrier_.body(testing::frame(type, object)); }

    std::chrono::nanoseconds now_ = 1000s;
    sonde::testing::fake_host host_;
    fake_carrier carrier_;
    collecting::rate_limiter limiter_{1000, 1000};
    random_source random_{1};
    document_reader reader_{filter_settings{}};
    meters meters_{host_.host()};
    std::vector<std::string> told_;
    tracker objects_{info_of(kind_id::pods), {}, {}, 100, [this](const change& what) {
                         told_.push_back((what.action == change_action::added      ? "+"
                                          : what.action == change_action::modified ? "~"
                                          : what.action == change_action::deleted  ? "-"
                                                                                   : "=") +
                                         std::string(what.object == nullptr ? "" : what.object->name));
                     }};
    std::optional<reflector> mirror_;
    bool has_token_ = true;
    int distrusted_ = 0;
};

using lines = std::vector<std::string>;

TEST_F(Reflector, lists_in_pages_and_watches_from_where_the_list_stood) {
    reflector_settings with = settings();
    with.field_selector = "spec.nodeName=node-a";
    with.label_selector = "a in (b,c)";
    make(with);
    EXPECT_EQ(next_request(),
              "/api/v1/pods?limit=2&fieldSelector=spec.nodeName%3Dnode-a&labelSelector=a%20in%20%28b%2Cc%29");
    carrier_.answer(200, testing::list("10", testing::item("a", 1, "1") + "," + testing::item("b", 2, "2"), "to/ken="));
    EXPECT_NE(next_request().find("continue=to%2Fken%3D"), std::string::npos);
    EXPECT_FALSE(objects_.is_synced());
    carrier_.answer(200, testing::list("10", testing::item("c", 3, "3")));
    EXPECT_EQ(told_, (lines{"+a", "+b", "+c", "="}));
    const std::string watch = next_request();
    EXPECT_NE(watch.find("resourceVersion=10&"), std::string::npos) << watch;
    EXPECT_NE(watch.find("allowWatchBookmarks=true"), std::string::npos);
    EXPECT_NE(watch.find("fieldSelector=spec.nodeName%3Dnode-a"), std::string::npos);
    EXPECT_FALSE(carrier_.last.accepts_compression);
    EXPECT_EQ(mirror_->status().lists, 1U);
}

TEST_F(Reflector, resumes_at_the_last_version_after_each_kind_of_end) {
    make(settings());
    sync();
    carrier_.head(200);
    frame("ADDED", testing::item("a", 1, "11"));
    carrier_.end();
    EXPECT_NE(next_request().find("resourceVersion=11&"), std::string::npos);
    carrier_.head(200);
    frame("BOOKMARK", R"({"metadata":{"resourceVersion":"20"}})");
    carrier_.body("{\"type\":\"MODIFIED\",\"obj");
    carrier_.end(http::failure::broken, "connection reset");
    EXPECT_NE(next_request().find("resourceVersion=20&"), std::string::npos);
    carrier_.end(http::failure::connection, "refused");
    EXPECT_EQ(reason(), "watch_connection");
    EXPECT_NE(next_request().find("resourceVersion=20&"), std::string::npos);
    carrier_.head(200);
    EXPECT_EQ(reason(), "") << "it works again";
    frame("MODIFIED", testing::item("a", 1, "21"));
    EXPECT_EQ(told_, (lines{"+a", "~a"}));
    EXPECT_EQ(mirror_->status().lists, 1U);
}

TEST_F(Reflector, lists_again_when_the_version_has_expired_and_tells_the_difference) {
    make(settings());
    sync(testing::item("a", 1, "1") + "," + testing::item("b", 2, "2"));
    carrier_.head(200);
    EXPECT_FALSE(frame("ERROR", R"({"kind":"Status","code":410,"message":"too old","reason":"Expired"})"));
    carrier_.end(http::failure::refused);
    EXPECT_EQ(mirror_->status().last_relist, "expired");
    EXPECT_NE(next_request().find("limit=2"), std::string::npos);
    carrier_.answer(200, testing::list("50", testing::item("b", 2, "30")));
    EXPECT_EQ(told_, (lines{"~b", "-a", "="}));
    EXPECT_NE(next_request().find("resourceVersion=50&"), std::string::npos);
    carrier_.answer(410, R"({"kind":"Status","code":410,"message":"too old"})");
    EXPECT_EQ(next_request().find("watch"), std::string::npos) << "HTTP 410 is the same";
}

TEST_F(Reflector, an_expired_page_begins_the_list_anew_and_at_last_asks_for_all_at_once) {
    make(settings());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(next_request(), "/api/v1/pods?limit=2") << i;
        carrier_.answer(200, testing::list("10", testing::item("a", 1, "1"), "next"));
        next_request();
        carrier_.answer(410, R"({"kind":"Status","code":410})");
    }
    EXPECT_EQ(next_request(), "/api/v1/pods?limit=0");
    carrier_.answer(200, testing::list("11", testing::item("a", 1, "1")));
    EXPECT_EQ(told_, (lines{"+a", "="}));
}

TEST_F(Reflector, a_page_whose_connection_broke_is_asked_again) {
    make(settings());
    next_request();
    carrier_.answer(200, testing::list("10", testing::item("a", 1, "1"), "next"));
    const std::string page = next_request();
    carrier_.head(200);
    carrier_.body("{\"items\":[");
    carrier_.end(http::failure::broken, "cut");
    EXPECT_EQ(reason(), "list_broken");
    EXPECT_EQ(next_request(), page);
    carrier_.answer(200, testing::list("10", testing::item("b", 2, "2")));
    EXPECT_EQ(told_, (lines{"+a", "+b", "="}));
}

TEST_F(Reflector, a_list_that_is_cut_within_its_json_counts_for_nothing) {
    make(settings());
    next_request();
    const std::string whole = testing::list("10", testing::item("a", 1, "1"));
    carrier_.answer(200, whole.substr(0, whole.size() - 5));
    EXPECT_EQ(reason(), "malformed_list");
    EXPECT_TRUE(told_.empty());
    EXPECT_FALSE(next_request().empty());
}

TEST_F(Reflector, a_malformed_frame_leads_to_a_list) {
    make(settings());
    sync(testing::item("a", 1, "1"));
    carrier_.head(200);
    EXPECT_FALSE(carrier_.body("{\"type\":\"ADDED\",}\n"));
    carrier_.end(http::failure::refused);
    EXPECT_EQ(mirror_->status().last_relist, "malformed");
    EXPECT_EQ(next_request(), "/api/v1/pods?limit=2");
}

TEST_F(Reflector, a_silent_watch_is_begun_again_without_a_list) {
    make(settings());
    sync();
    carrier_.head(200);
    frame("BOOKMARK", R"({"metadata":{"resourceVersion":"12"}})");
    EXPECT_EQ(mirror_->next_due(), now_ + 150s);
    EXPECT_EQ(next_request(149s), "");
    EXPECT_NE(next_request(2s).find("resourceVersion=12&"), std::string::npos);
    EXPECT_EQ(carrier_.cancelled, 1U);
    EXPECT_TRUE(carrier_.last.wants_fresh_connection) << "the old one may be dead";
    EXPECT_EQ(mirror_->status().stalls, 1U);
    EXPECT_EQ(reason(), "watch_stalled");
}

TEST_F(Reflector, pauses_grow_while_nothing_works_and_end_with_success) {
    make(settings());
    std::vector<std::chrono::nanoseconds> pauses;
    next_request();
    for (int i = 0; i < 12; ++i) {
        const auto failed = now_;
        carrier_.end(http::failure::connection, "refused");
        EXPECT_EQ(reason(), "list_connection");
        ASSERT_FALSE(next_request().empty());
        pauses.push_back(now_ - failed);
    }
    EXPECT_LE(pauses.front(), 510ms);
    EXPECT_GE(pauses.back(), 30s);
    EXPECT_LE(pauses.back(), 61s);
    carrier_.answer(200, testing::list("10", ""));
    next_request();
    const auto failed = now_;
    carrier_.end(http::failure::connection, "refused");
    next_request();
    EXPECT_LE(now_ - failed, 510ms);
}

TEST_F(Reflector, watches_that_end_at_once_are_not_asked_for_in_a_loop) {
    make(settings());
    sync();
    const std::size_t before = carrier_.asked.size();
    for (const auto until = now_ + 60s; now_ < until; now_ += 10ms) {
        mirror_->tick();
        if (!carrier_.open.empty()) {
            carrier_.answer(200, "");
        }
    }
    EXPECT_LT(carrier_.asked.size() - before, 20U);
}

TEST_F(Reflector, retry_after_is_waited_for) {
    make(settings());
    next_request();
    carrier_.head(429, {{"retry-after", "17"}});
    carrier_.body("Too many requests");
    const auto refused = now_;
    carrier_.end();
    EXPECT_EQ(reason(), "throttled");
    next_request();
    EXPECT_GE(now_ - refused, 17s);
    EXPECT_LE(now_ - refused, 18s);
    carrier_.answer(504, R"({"kind":"Status","code":504,"details":{"retryAfterSeconds":5}})");
    const auto late = now_;
    next_request();
    EXPECT_GE(now_ - late, 5s);
}

TEST_F(Reflector, a_refusal_is_asked_again_seldom_and_says_what_to_do) {
    for (const auto& [code, wanted] :
         {std::pair(403, "forbidden"), std::pair(404, "kind_missing"), std::pair(400, "bad_request")}) {
        make(settings());
        next_request();
        carrier_.answer(code, R"({"kind":"Status","message":"pods is forbidden"})");
        EXPECT_EQ(reason(), wanted);
        EXPECT_NE(mirror_->status().trouble->text.find("pods is forbidden"), std::string::npos);
        EXPECT_TRUE(mirror_->has_settled()) << "others need not wait";
        EXPECT_EQ(next_request(59s), "");
        EXPECT_NE(next_request(62s), "");
        carrier_.answer(200, testing::list("10", ""));
        EXPECT_EQ(reason(), "");
    }
}

TEST_F(Reflector, another_version_is_tried_before_giving_up) {
    reflector_settings with = settings();
    with.kind = kind_id::endpointslices;
    with.versions = {"discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"};
    make(with);
    EXPECT_EQ(next_request(), "/apis/discovery.k8s.io/v1/endpointslices?limit=2");
    carrier_.answer(404, "");
    EXPECT_EQ(reason(), "");
    EXPECT_EQ(next_request(1s), "/apis/discovery.k8s.io/v1beta1/endpointslices?limit=2");
    carrier_.answer(404, "");
    EXPECT_EQ(reason(), "kind_missing");
    EXPECT_EQ(next_request(), "/apis/discovery.k8s.io/v1/endpointslices?limit=2");
}

TEST_F(Reflector, a_refused_token_is_read_again) {
    make(settings());
    next_request();
    carrier_.answer(401, R"({"kind":"Status","message":"Unauthorized"})");
    EXPECT_EQ(distrusted_, 1);
    EXPECT_EQ(reason(), "unauthorized");
    has_token_ = false;
    EXPECT_EQ(next_request(5s), "");
    EXPECT_EQ(reason(), "no_token");
    has_token_ = true;
    EXPECT_NE(next_request(), "");
}

TEST_F(Reflector, lists_of_one_node_come_from_the_cache_but_never_go_back_in_time) {
    reflector_settings with = settings();
    with.reads_cache = true;
    make(with);
    EXPECT_EQ(next_request(), "/api/v1/pods?resourceVersion=0");
    carrier_.answer(200, testing::list("10", ""));
    next_request();
    carrier_.answer(410, "");
    EXPECT_EQ(next_request(), "/api/v1/pods?resourceVersionMatch=NotOlderThan&resourceVersion=10");
    carrier_.answer(504, R"({"kind":"Status","code":504})");
    EXPECT_EQ(next_request(), "/api/v1/pods?limit=2") << "the cache is behind: ask for what is true";
}

TEST_F(Reflector, requests_keep_to_the_rate) {
    limiter_ = collecting::rate_limiter(0.5, 1);
    make(settings());
    next_request();
    carrier_.answer(200, testing::list("10", ""));
    const auto first = now_;
    next_request();
    EXPECT_GE(now_ - first, 1900ms);
}

TEST_F(Reflector, lists_again_after_the_resync_interval_if_wanted) {
    reflector_settings with = settings();
    with.resync_interval = 30min;
    with.idle_limit = 24h;
    make(with);
    sync(testing::item("a", 1, "1"));
    carrier_.head(200);
    EXPECT_EQ(next_request(29min), "");
    EXPECT_EQ(next_request(2min), "/api/v1/pods?limit=2");
    carrier_.answer(200, testing::list("10", testing::item("a", 1, "1")));
    EXPECT_EQ(told_, (lines{"="})) << "no change is told twice";
    EXPECT_EQ(mirror_->status().last_relist, "resync");
}

TEST_F(Reflector, an_oversized_object_is_left_out_and_counted) {
    reflector_settings with = settings();
    with.frame_limit = 1000;
    make(with);
    sync();
    carrier_.head(200);
    frame("ADDED", testing::item(std::string(2000, 'x'), 1, "11"));
    frame("ADDED", testing::item("small", 2, "12"));
    EXPECT_EQ(told_, (lines{"+small"}));
    EXPECT_EQ(host_.metrics.value("k8s.lost", {{"kind", "pods"}, {"reason", "oversize"}}), 1);
}

TEST_F(Reflector, gives_up_its_request_when_it_goes) {
    make(settings());
    sync();
    mirror_.reset();
    EXPECT_TRUE(carrier_.open.empty());
}

}  // namespace
}  // namespace sonde::k8s
