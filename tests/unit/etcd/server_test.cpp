// SPDX-License-Identifier: Apache-2.0
// The whole collector against a server that answers as each test says: what real servers do seldom.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sonde/testing/driver.hpp>

#include "common_grpc/test_server.hpp"
#include "etcd/collector.hpp"
#include "samples.hpp"
#include "sonde/v1/etcd.pb.h"

namespace sonde::etcd {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using told = v1::EtcdEvent;
using answer = sonde::testing::grpc_test_server::answer;
using sonde::testing::grpc_test_server;
constexpr auto patience = 10s;
constexpr int out_of_range = 11;
constexpr int invalid_argument = 3;
constexpr int deadline_exceeded = 4;
constexpr int failed_precondition = 9;
constexpr int unauthenticated = 16;

struct asked {
    std::string method;
    std::string request;
    std::string token;
};

class EtcdServer : public ::testing::Test {
public:
    ~EtcdServer() override {
        server.reset();
        std::filesystem::remove_all(directory);
    }

protected:
    EtcdServer() {
        host.clock.follow_real_time();
        std::string pattern = std::filesystem::temp_directory_path() / "etcd-XXXXXX";
        directory = ::mkdtemp(pattern.data());
    }
    void TearDown() override { EXPECT_THAT(host.lane.misuse(), ::testing::IsEmpty()); }

    // `answers(asked, how often this method was asked before)`.
    template <class Answers>
    void serve(Answers answers) {
        server.emplace(directory + "/sock",
                       [this, answers](const std::string& method, const std::string& request, const auto& headers) {
                           const auto token = headers.find("token");
                           asked now{method, request, token == headers.end() ? "" : token->second};
                           const std::lock_guard lock(mutex);
                           const auto before = std::count_if(all.begin(), all.end(),
                                                             [&](const asked& each) { return each.method == method; });
                           all.push_back(now);
                           if (method == status_method || method == members_method) {
                               return is_mute ? answer{{}, deadline_exceeded, "no answer", false}
                                              : answer{{message({header(1)})}, 0, {}, false};
                           }
                           return answers(now, static_cast<int>(before));
                       });
    }
    void launch(sonde::testing::option_texts texts = {}) {
        texts.insert(texts.end(), {{"endpoints", "unix:" + directory + "/sock"},
                                   {"state_dir", directory + "/state"},
                                   {"settle", "0s"},
                                   {"status_interval", "1h"}});
        ASSERT_TRUE(driver.launch(texts));
    }
    static told payload_of(const sonde::testing::envelope_record& record) {
        told event;
        EXPECT_TRUE(event.ParseFromArray(record.data.data(), static_cast<int>(record.data.size())));
        return event;
    }
    std::vector<told> events() {
        std::vector<told> found;
        for (const auto& record : host.lane.envelopes(event_topic)) {
            found.push_back(payload_of(record));
        }
        return found;
    }
    bool wait_for(std::string_view key) {
        return host.lane
            .wait_for(
                event_topic, [&](const auto& record) { return payload_of(record).key() == key; }, patience)
            .has_value();
    }
    bool wait_for_reason(const std::string& wanted) {
        const auto until = std::chrono::steady_clock::now() + patience;
        const auto has = [&] { return driver.ask("check").value_or("").find(wanted) != std::string::npos; };
        while (!has() && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(5ms);
        }
        return has();
    }
    std::vector<asked> requests(std::string_view method) {
        const std::lock_guard lock(mutex);
        std::vector<asked> found;
        std::copy_if(all.begin(), all.end(), std::back_inserter(found),
                     [&](const asked& each) { return each.method == method; });
        return found;
    }

    std::atomic<bool> is_mute = false;  // members do not tell their status
    std::string directory;
    sonde::testing::fake_host host;
    std::optional<grpc_test_server> server;
    sonde::testing::collector_driver driver{host, component_table<collector>::table};
    std::mutex mutex;
    std::vector<asked> all;
};

TEST_F(EtcdServer, without_room_in_the_lane_the_server_waits_and_nothing_is_lost) {
    serve([](const asked& now, int) {
        if (now.method == range_method) {
            return answer{{message({header(10)})}, 0, {}, false};
        }
        answer many{{created(1, 10)}, 0, {}, true};
        for (std::uint64_t i = 11; i < 211; i += 2) {
            many.messages.push_back(message(
                {header(i + 1), uint(2, 1), put("k" + std::to_string(i), i), put("k" + std::to_string(i + 1), i + 1)}));
        }
        return many;
    });
    host.lane.set_budget(8 << 10);
    launch();
    const auto until = std::chrono::steady_clock::now() + patience;
    while (host.metrics.value("etcd.watch.waits") == 0 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_GT(host.metrics.value("etcd.watch.waits"), 0);
    EXPECT_LT(events().size(), 200u);
    host.lane.set_budget(64 << 20);
    ASSERT_TRUE(wait_for("k210"));
    const auto found = events();
    ASSERT_EQ(found.size(), 200u);
    for (std::size_t i = 0; i < found.size(); ++i) {
        EXPECT_EQ(found[i].mod_revision(), i + 11);
    }
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, fragments_are_one_response_and_a_restart_goes_on_after_it) {
    serve([](const asked& now, int before) {
        if (now.method == range_method) {
            return answer{{message({header(before == 0 ? 10 : 12)})}, 0, {}, false};
        }
        return before != 0 ? answer{{created(1, 12)}, 0, {}, true}
                           : answer{{created(1, 10), message({header(11), uint(2, 1), uint(7, 1), put("a", 11)}),
                                     message({header(11), uint(2, 1), put("b", 11)}),
                                     message({header(12), uint(2, 1), uint(7, 1), put("c", 12)})},
                                    0,
                                    {},
                                    true};
    });
    launch();
    ASSERT_TRUE(wait_for("c"));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(host.metrics.value("etcd.watch.fragments"), 2);
    sonde::testing::collector_driver second(host, component_table<collector>::table);
    ASSERT_TRUE(second.launch({{"endpoints", "unix:" + directory + "/sock"}, {"state_dir", directory + "/state"}}));
    const auto until = std::chrono::steady_clock::now() + patience;
    while (requests(watch_method).size() < 2 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(5ms);
    }
    ASSERT_EQ(requests(watch_method).size(), 2u);
    // Of revision 12 only a fragment came: it is asked for again.
    EXPECT_EQ(requests(watch_method)[1].request, watch_request(prefix_range("/registry/"), {1, 12, false}));
    ASSERT_TRUE(second.stop());
}

TEST_F(EtcdServer, a_compaction_is_one_gap_and_a_listing_of_one_revision) {
    serve([](const asked& now, int before) {
        if (now.method == watch_method) {
            return before == 0
                       ? answer{{created(1, 10), message({header(60), uint(2, 1), uint(4, 1), uint(5, 50)})},
                                0,
                                {},
                                true}
                       : answer{{created(1, 61), message({header(62), uint(2, 1), put("new", 62)})}, 0, {}, true};
        }
        switch (before) {
        case 0: return answer{{message({header(10)})}, 0, {}, false};  // the probe
        case 1: return answer{{message({header(60), text(2, pair("a", 1)), uint(3, 1)})}, 0, {}, false};
        case 2: return answer{{}, out_of_range, "etcdserver: mvcc: required revision has been compacted", false};
        case 3: return answer{{message({header(61), text(2, pair("a", 1)), uint(3, 1)})}, 0, {}, false};
        case 4: return answer{{message({header(63), text(2, pair("b", 2))})}, 0, {}, false};
        default: return answer{{message({header(64)})}, 0, {}, false};
        }
    });
    launch();
    ASSERT_TRUE(host.lane.wait_for(
        event_topic, [](const auto& record) { return payload_of(record).kind() == told::KIND_SYNCED; }, patience));
    const auto found = events();
    ASSERT_GE(found.size(), 5u);  // and what the watch says that is begun then
    EXPECT_EQ(found[0].kind(), told::KIND_GAP);
    EXPECT_EQ(found[0].from_revision(), 11u);
    EXPECT_EQ(found[0].revision(), 50u);
    EXPECT_EQ(found[1].revision(), 60u);  // of the listing that was begun anew
    EXPECT_EQ(found[2].revision(), 61u);
    EXPECT_EQ(found[3].revision(), 61u);
    EXPECT_EQ(found[4].kind(), told::KIND_SYNCED);
    EXPECT_EQ(found[4].revision(), 61u);
    EXPECT_EQ(found[4].key_count(), 2u);
    EXPECT_EQ(host.metrics.value("etcd.gaps", {{"reason", "compacted"}}), 1);
    EXPECT_EQ(host.metrics.value("etcd.listing.restarts"), 1);
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, a_token_that_expires_is_replaced) {
    serve([](const asked& now, int before) {
        if (now.method == authenticate_method) {
            return answer{{message({header(1), text(2, "token" + std::to_string(before))})}, 0, {}, false};
        }
        if (now.token == "token0") {
            return answer{{}, unauthenticated, "etcdserver: invalid auth token", false};
        }
        if (now.method == range_method) {
            return answer{{message({header(10)})}, 0, {}, false};
        }
        return answer{{created(1, 10), message({header(11), uint(2, 1), put("k", 11)})}, 0, {}, true};
    });
    launch({{"user", "agent"}, {"password", "pw"}});
    ASSERT_TRUE(wait_for("k"));
    EXPECT_EQ(requests(authenticate_method).size(), 2u);
    EXPECT_EQ(requests(watch_method).back().token, "token1");
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, a_server_without_users_is_watched_with_a_user_too) {
    serve([](const asked& now, int) {
        if (now.method == authenticate_method) {
            return answer{{}, failed_precondition, "etcdserver: authentication is not enabled", false};
        }
        if (now.method == range_method) {
            return answer{{message({header(10)})}, 0, {}, false};
        }
        return answer{{created(1, 10), message({header(11), uint(2, 1), put("k", 11)})}, 0, {}, true};
    });
    launch({{"user", "agent"}, {"password", "pw"}});
    ASSERT_TRUE(wait_for("k"));
    EXPECT_EQ(requests(authenticate_method).size(), 1u);
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, a_wrong_password_is_said_and_not_asked_for_without_pause) {
    serve([](const asked&, int) {
        return answer{{}, invalid_argument, "etcdserver: authentication failed, invalid user ID or password", false};
    });
    launch({{"user", "agent"}, {"password", "wrong"}});
    EXPECT_TRUE(wait_for_reason("auth_failed"));
    EXPECT_LT(requests(authenticate_method).size(), 5u);
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, a_refused_watch_is_said) {
    serve([](const asked& now, int) {
        if (now.method == range_method) {
            return answer{{message({header(10)})}, 0, {}, false};
        }
        return answer{{message({header(10), uint(2, static_cast<std::uint64_t>(-1)), uint(3, 1), uint(4, 1),
                                text(6, "rpc error: etcdserver: permission denied")})},
                      0,
                      {},
                      true};
    });
    launch();
    EXPECT_TRUE(wait_for_reason("permission_denied"));
    EXPECT_EQ(requests(watch_method).size(), 1u);
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, nonsense_is_said_and_the_connection_begun_anew) {
    serve([](const asked& now, int before) {
        if (now.method == range_method) {
            return answer{{message({header(10)})}, 0, {}, false};
        }
        return before == 0 ? answer{{"\xff\xff"}, 0, {}, true}
                           : answer{{created(1, 10), message({header(11), uint(2, 9), put("foreign", 11)}),
                                     message({header(11), uint(2, 1), text(11, "\xff"), put("k", 11)})},
                                    0,
                                    {},
                                    true};
    });
    launch();
    ASSERT_TRUE(wait_for("k"));
    ASSERT_TRUE(driver.stop());
    EXPECT_EQ(host.metrics.value("etcd.malformed"), 3);  // a message, a watch that is not ours, an event
    EXPECT_EQ(events().size(), 1u);
    EXPECT_EQ(host.metrics.value("etcd.failures"), 1);
}

TEST_F(EtcdServer, a_member_without_a_word_is_asked_and_given_up) {
    serve([](const asked& now, int before) {
        if (now.method == range_method) {
            return answer{{message({header(10)})}, 0, {}, false};
        }
        return before == 0 ? answer{{created(1, 10)}, 0, {}, true}
                           : answer{{created(1, 10), message({header(11), uint(2, 1), put("k", 11)})}, 0, {}, true};
    });
    is_mute = true;
    launch({{"heartbeat", "100ms"}});
    EXPECT_TRUE(wait_for("k"));
    EXPECT_TRUE(driver.stop());
    EXPECT_GE(host.metrics.value("etcd.failures"), 1);
}

TEST_F(EtcdServer, a_quiet_member_that_answers_is_kept) {
    serve([](const asked& now, int) {
        return now.method == range_method ? answer{{message({header(10)})}, 0, {}, false}
                                          : answer{{created(1, 10)}, 0, {}, true};
    });
    launch({{"heartbeat", "100ms"}});
    const auto until = std::chrono::steady_clock::now() + patience;
    while (requests(status_method).size() < 4 && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_GE(requests(status_method).size(), 4u);
    EXPECT_EQ(requests(watch_method).size(), 1u);
    EXPECT_TRUE(driver.stop());
}

TEST_F(EtcdServer, while_nobody_listens_nothing_is_watched) {
    serve([](const asked&, int) { return answer{{message({header(10)})}, 0, {}, false}; });
    host.lane.set_subscribed(false);
    launch();
    EXPECT_TRUE(wait_for_reason("nobody reads events"));
    EXPECT_TRUE(requests(range_method).empty());
    EXPECT_TRUE(driver.stop());
}

}  // namespace
}  // namespace sonde::etcd
