// SPDX-License-Identifier: Apache-2.0
// Whole ways: events in, clients at the other end of a socket.
#include "fixture.hpp"

namespace sonde::serve_entities {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_F(Serving, who_comes_late_gets_all_in_the_first_bundle) {
    ASSERT_TRUE(start());
    feed({pod("1"), pod("2"), process(7, 100)});
    feed({pod("2", "Failed"), deleted(pod("1"))});
    follower late(host, to_socket());
    ASSERT_TRUE(sync(late));
    EXPECT_THAT(late.listener.take(), ElementsAre("set pod:2", "set process:host-a/7/100", "synced"));
    EXPECT_EQ(host.metrics.value("serve_entities.messages"), 1);
    feed({pod("3"), pod("2", "Failed", 99)});
    ASSERT_TRUE(drive_to(late, "set pod:3"));
    feed({deleted(pod("3"))});
    ASSERT_TRUE(drive_to(late, "unset pod:3"));
    EXPECT_EQ(late.client.size(), 2u);
    EXPECT_EQ(host.metrics.value("serve_entities.clients"), 1);
}

TEST_F(Serving, after_a_restart_of_the_server_only_differences_are_told) {
    ASSERT_TRUE(start());
    feed({pod("1"), pod("2"), pod("3"), pod("4"), pod("5"), pod("6"), pod("7")});
    follower client(host, to_socket());
    ASSERT_TRUE(sync(client));
    static_cast<void>(client.listener.take());

    stop();
    EXPECT_FALSE(std::filesystem::exists(socket()));
    ASSERT_TRUE(drive(client, [&] { return !client.client.problem().empty(); }));
    EXPECT_EQ(client.client.size(), 7u);
    EXPECT_THAT(client.listener.take(), IsEmpty());
    ASSERT_TRUE(start({{"settle_time", "5m"}}));
    v1::EntityEvent synced;
    synced.set_action(v1::EntityEvent::ACTION_SYNCED);
    synced.set_kind(v1::ENTITY_KIND_POD);
    // Nothing is whole before the sources have told all, of every kind.
    feed({pod("2"), pod("4", "Failed"), pod("6", "Failed"), pod("7", "Running", 8), synced});
    ASSERT_TRUE(drive(client, [&] { return host.metrics.value("serve_entities.calls") >= 2; }));
    EXPECT_FALSE(client.client.is_synced());
    for (int kind = v1::ENTITY_KIND_HOST; kind <= v1::ENTITY_KIND_NAMESPACE; ++kind) {
        if (kind != v1::ENTITY_KIND_POD) {
            synced.set_kind(static_cast<v1::EntityKind>(kind));
            feed({synced});
        }
    }
    ASSERT_TRUE(sync(client));
    EXPECT_THAT(client.listener.take(),
                ElementsAre("unset pod:1", "unset pod:3", "unset pod:5", "set pod:4", "set pod:6", "synced"));
    EXPECT_EQ(client.client.size(), 4u);
}

TEST_F(Serving, a_first_snapshot_waits_no_longer_than_it_may) {
    ASSERT_TRUE(start({{"settle_time", "40ms"}}));
    feed({pod("1")});
    follower client(host, to_socket());
    ASSERT_TRUE(sync(client));
    EXPECT_THAT(client.listener.take(), ElementsAre("set pod:1", "synced"));
}

TEST_F(Serving, a_kind_that_is_whole_is_served_while_others_are_not) {
    ASSERT_TRUE(start({{"settle_time", "5m"}}));
    client_options with = to_socket();
    with.filter.kinds = {entity_kind::pod};
    follower client(host, with);
    v1::EntityEvent synced;
    synced.set_action(v1::EntityEvent::ACTION_SYNCED);
    synced.set_kind(v1::ENTITY_KIND_POD);
    feed({pod("1"), process(1, 1), synced});
    ASSERT_TRUE(sync(client));
    EXPECT_THAT(client.listener.take(), ElementsAre("set pod:1", "synced"));
}

TEST_F(Serving, a_pid_that_is_reused_is_unset_before_it_is_set) {
    ASSERT_TRUE(start());
    feed({process(7, 100)});
    follower client(host, to_socket());
    ASSERT_TRUE(sync(client));
    static_cast<void>(client.listener.take());
    feed({process(7, 200), deleted(process(7, 100))});
    ASSERT_TRUE(drive_to(client, "set process:host-a/7/200"));
    EXPECT_THAT(client.listener.take(), ElementsAre("unset process:host-a/7/100", "set process:host-a/7/200"));
}

TEST_F(Serving, a_filter_by_kind_and_key_lets_nothing_else_through) {
    ASSERT_TRUE(start());
    feed({pod("a1"), pod("b1"), process(7, 100)});
    client_options with = to_socket();
    with.filter = {{entity_kind::pod}, "pod:a"};
    follower client(host, with);
    ASSERT_TRUE(sync(client));
    feed({process(8, 100), pod("b2"), deleted(pod("b1")), pod("a2")});
    ASSERT_TRUE(drive_to(client, "set pod:a2"));
    EXPECT_THAT(client.listener.take(), ElementsAre("set pod:a1", "synced", "set pod:a2"));
}

// Takes the snapshot and then nothing any more, as long as it is not driven.
class sleeper final : public common::grpc::receiver {
public:
    explicit sleeper(const std::string& socket) {
        common::grpc::client_settings with;
        with.target = "unix:" + socket;
        client_ = std::move(*common::grpc::client::make(with));
        static_cast<void>(client_->start({std::string(schema::stream_method), {}, {}, {}, false}, *this));
    }
    template <class Predicate>
    bool drive(Predicate done) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!done()) {
            pollfd ready{client_->fd(), POLLIN, 0};
            static_cast<void>(::poll(&ready, 1, 5));
            client_->drive();
            if (std::chrono::steady_clock::now() > limit) {
                return false;
            }
        }
        return true;
    }
    int messages = 0;
    std::optional<common::grpc::outcome> end;

private:
    void on_message(std::span<const std::uint8_t>) override { ++messages; }
    void on_end(const common::grpc::outcome& how) override { end = how; }
    std::optional<common::grpc::client> client_;
};

TEST_F(Serving, a_slow_client_is_ended_with_resync_and_does_not_slow_the_others) {
    ASSERT_TRUE(start({{"client_buffer", "1MiB"}}));
    feed({pod("first")});
    sleeper slow(socket());
    ASSERT_TRUE(slow.drive([&] { return slow.messages == 1; }));
    follower quick(host, to_socket());
    ASSERT_TRUE(sync(quick));

    const std::string large(200'000, 'x');
    int round = 0;
    while (host.metrics.value("serve_entities.overflows") == 0 && round < 1000) {
        const std::string key = std::to_string(round++);
        feed({pod(key, large)});
        ASSERT_TRUE(drive_to(quick, "set pod:" + key)) << "the quick one waits for the slow one";
    }
    EXPECT_EQ(host.metrics.value("serve_entities.overflows"), 1);
    EXPECT_EQ(quick.client.size(), static_cast<std::size_t>(round) + 1);
    EXPECT_TRUE(quick.client.problem().empty());

    ASSERT_TRUE(slow.drive([&] { return slow.end.has_value(); }));
    EXPECT_EQ(slow.end->why, common::grpc::code::aborted);
    EXPECT_THAT(slow.end->text, ::testing::HasSubstr("resync"));
}

TEST_F(Serving, garbage_is_counted_and_nothing_else_happens) {
    ASSERT_TRUE(start());
    batches.add([](envelope_writer& out) { out.data("text/plain", 1, std::string_view("hello")); });
    batches.add([](envelope_writer& out) { out.data("sonde.v1.EntityEvent", 1, std::string_view("\xff\xff")); });
    batches.add_bytes(std::array<std::uint8_t, 2>{0xff, 0xff});
    feed({pod("1")});
    EXPECT_EQ(host.metrics.value("serve_entities.events", {{"result", "malformed"}}), 3);
    follower client(host, to_socket());
    ASSERT_TRUE(sync(client));
    EXPECT_EQ(client.client.size(), 1u);
}

TEST_F(Serving, the_limit_of_entities_is_told_and_taken_back) {
    ASSERT_TRUE(start({{"entity_limit", "16"}}));
    for (int i = 0; i < 17; ++i) {
        feed({pod(std::to_string(i))});
    }
    ASSERT_EQ(host.reports.size(), 1u);
    EXPECT_EQ(host.reports.all()[0].reason, "entity_limit");
    EXPECT_EQ(host.metrics.value("serve_entities.events", {{"result", "full"}}), 1);
    feed({deleted(pod("0"))});
    EXPECT_EQ(host.reports.all().back().health, health::ok);
}

TEST_F(Serving, a_server_with_open_streams_stops_at_once) {
    ASSERT_TRUE(start());
    follower one(host, to_socket());
    follower two(host, to_socket());
    ASSERT_TRUE(drive({&one, &two}, [&] { return one.client.is_synced() && two.client.is_synced(); }));
    const auto began = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

}  // namespace
}  // namespace sonde::serve_entities
