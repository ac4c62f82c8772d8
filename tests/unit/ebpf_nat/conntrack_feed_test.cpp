// SPDX-License-Identifier: Apache-2.0
// A real connection to a service address that nft translates to a real server in another namespace.
#include "ebpf/nat/conntrack_feed.hpp"

#include <cstdio>

#include "flows.hpp"
#include "namespaces.hpp"

namespace sonde::ebpf::nat {
namespace {

class ConntrackFeed : public ::testing::Test {
protected:
    void SetUp() override {
        if (!world_.missing().empty()) {
            GTEST_SKIP() << world_.missing();
        }
        const std::string nft = "ip netns exec " + world_.client() + " nft ";
        for (const char* line :
             {"add table ip t", "add chain ip t out '{ type nat hook output priority -100; }'",
              "add rule ip t out ip daddr 10.96.0.78 tcp dport 8000 dnat to 10.77.0.2:80",
              "add chain ip t in '{ type filter hook input priority 0; }'", "add rule ip t in ct state invalid drop"}) {
            if (namespaces::run(nft + line) != 0) {
                GTEST_SKIP() << "nft cannot translate addresses here: " << line;
            }
        }
        ASSERT_EQ(namespaces::run("ip -n " + world_.client() + " route add 10.96.0.0/16 via 10.77.0.2"), 0);
        namespaces::inside(world_.server(), [&] { listener_ = listen_on(80); });
        ASSERT_GE(listener_, 0);
        client_fd_ = namespaces::open(world_.client());
        inode_ = namespaces::inode(world_.client());
    }
    void TearDown() override {
        for (const int fd : {listener_, client_fd_}) {
            if (fd >= 0) {
                ::close(fd);
            }
        }
    }

    static int listen_on(std::uint16_t port) {
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(fd, 64), 0);
        return fd;
    }
    // A connection from the client's namespace; its tuple as the client sees it.
    std::pair<int, connection::tuple> connect_to(const std::string& ip, std::uint16_t port) {
        int fd = -1;
        connection::tuple key;
        namespaces::inside(world_.client(), [&] {
            fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_port = htons(port);
            ASSERT_EQ(::inet_pton(AF_INET, ip.c_str(), &to.sin_addr), 1);
            ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0) << ::strerrordesc_np(errno);
            sockaddr_in own{};
            socklen_t size = sizeof own;
            ASSERT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size), 0);
            key = tuple_of(flow_from("10.77.0.1", ntohs(own.sin_port), ip, port), inode_);
        });
        return {fd, key};
    }
    // Drains until `is_done`, waiting for the kernel and no longer than two seconds.
    template <class Done>
    static bool drain_until(conntrack_feed& feed, Done&& is_done) {
        for (int i = 0; i < 100 && !is_done(); ++i) {
            if (!feed.drain(now())) {
                std::array<pollfd, 2> ready{{{feed.event_fd(), POLLIN, 0}, {feed.dump_fd(), POLLIN, 0}}};
                ::poll(ready.data(), ready.size(), 20);
            }
        }
        return is_done();
    }
    static std::uint64_t now() {
        return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    std::expected<conntrack_feed, problem> open(const feed_settings& settings = {}) {
        return conntrack_feed::open(client_fd_, inode_, table_, settings);
    }

    namespaces world_;
    translation_table table_;
    int listener_ = -1;
    int client_fd_ = -1;
    std::uint32_t inode_ = 0;
};

TEST_F(ConntrackFeed, a_new_connection_to_a_service_shows_its_server) {
    auto feed = open();
    ASSERT_TRUE(feed) << feed.error().text;
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->is_synced(); }));
    EXPECT_EQ(table_.size(), 0u);
    const auto [fd, key] = connect_to("10.96.0.78", 8000);
    ASSERT_TRUE(drain_until(*feed, [&] { return table_.find(inode_, key).has_value(); }));
    const auto found = table_.find(inode_, key);
    EXPECT_EQ(found->reply_source, end_of("10.77.0.2", 80));
    EXPECT_EQ(found->reply_destination, key.local);
    // Another program reads the same.
    const std::string seen = "ip netns exec " + world_.client() +
                             " conntrack -L -p tcp --orig-dst 10.96.0.78 --sport " + std::to_string(key.local.port) +
                             " 2>/dev/null | grep -q 'src=10.77.0.2 .*sport=80 '";
    EXPECT_EQ(std::system(seen.c_str()), 0);  // NOLINT(*-command-processor): fixed words
    ::close(fd);
}

TEST_F(ConntrackFeed, a_connection_from_before_is_in_the_dump) {
    const auto [fd, key] = connect_to("10.96.0.78", 8000);
    auto feed = open();
    ASSERT_TRUE(feed) << feed.error().text;
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->is_synced(); }));
    const auto found = table_.find(inode_, key);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->reply_source, end_of("10.77.0.2", 80));
    EXPECT_EQ(feed->stats().dumps, 1u);
    EXPECT_FALSE(feed->trouble());
    ::close(fd);
}

TEST_F(ConntrackFeed, what_is_not_translated_wakes_nobody) {
    auto feed = open();
    ASSERT_TRUE(feed) << feed.error().text;
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->is_synced(); }));
    const std::uint64_t before = feed->stats().messages;
    const auto [direct, direct_key] = connect_to("10.77.0.2", 80);
    const auto [fd, key] = connect_to("10.96.0.78", 8000);
    ASSERT_TRUE(drain_until(*feed, [&] { return table_.find(inode_, key).has_value(); }));
    EXPECT_EQ(feed->stats().messages, before + 1);
    EXPECT_FALSE(table_.find(inode_, direct_key));
    ::close(direct);
    ::close(fd);
}

TEST_F(ConntrackFeed, an_ended_connection_is_forgotten) {
    auto feed = open();
    ASSERT_TRUE(feed) << feed.error().text;
    const auto [fd, key] = connect_to("10.96.0.78", 8000);
    ASSERT_TRUE(drain_until(*feed, [&] { return table_.find(inode_, key).has_value(); }));
    ASSERT_EQ(namespaces::run("ip netns exec " + world_.client() + " conntrack -D -p tcp --orig-dst 10.96.0.78"), 0);
    EXPECT_TRUE(drain_until(*feed, [&] { return table_.size() == 0; }));
    ::close(fd);
}

TEST_F(ConntrackFeed, an_overrun_is_counted_and_made_good_by_a_dump) {
    feed_settings small;
    small.receive_buffer = 1;  // the kernel's least
    auto feed = open(small);
    ASSERT_TRUE(feed) << feed.error().text;
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->is_synced(); }));
    std::vector<std::pair<int, connection::tuple>> made;
    for (int i = 0; i < 60; ++i) {
        made.push_back(connect_to("10.96.0.78", 8000));
    }
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->stats().overruns > 0; }));
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->is_synced(); }));
    for (const auto& [fd, key] : made) {
        EXPECT_TRUE(table_.find(inode_, key));
        ::close(fd);
    }
    EXPECT_GE(feed->stats().dumps, 2u);
}

TEST_F(ConntrackFeed, messages_beyond_the_rate_are_counted) {
    feed_settings slow;
    slow.messages_per_second = 1;
    auto feed = open(slow);
    ASSERT_TRUE(feed) << feed.error().text;
    ASSERT_TRUE(drain_until(*feed, [&] { return feed->is_synced(); }));
    for (int i = 0; i < 10; ++i) {
        ::close(connect_to("10.96.0.78", 8000).first);
    }
    EXPECT_TRUE(drain_until(*feed, [&] { return feed->stats().refused == 7; }));
}

TEST(ConntrackFeedRefused, a_namespace_that_is_none_is_a_reason) {
    translation_table table;
    const auto feed = conntrack_feed::open(::open("/dev/null", O_RDONLY | O_CLOEXEC), 1, table);
    ASSERT_FALSE(feed);
    EXPECT_FALSE(feed.error().reason.empty());
}

TEST(ConntrackFeedRefused, without_privilege_the_reason_says_what_to_grant) {
    if (::geteuid() == 0) {
        GTEST_SKIP() << "runs only without root";
    }
    translation_table table;
    auto feed = conntrack_feed::open(-1, 1, table);
    if (feed) {
        for (int i = 0; i < 50 && !feed->trouble(); ++i) {
            feed->drain(1);
        }
        ASSERT_TRUE(feed->trouble());
        EXPECT_EQ(feed->trouble()->reason, "conntrack_denied");
        return;
    }
    EXPECT_EQ(feed.error().reason, "conntrack_denied");
}

}  // namespace
}  // namespace sonde::ebpf::nat
