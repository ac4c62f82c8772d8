// SPDX-License-Identifier: Apache-2.0
// Answers in pieces: back-pressure, waking, and clients that leave.
#include <atomic>
#include <deque>
#include <thread>

#include "fixture.hpp"

namespace sonde::api {
namespace {

// What the test and the stream share; the test puts pieces in, the stream hands them out.
struct feed {
    std::mutex mutex;
    std::deque<std::string> pieces;
    bool ended = false;
    waker wake;
    std::atomic<int> asked = 0;
    std::atomic<bool> destroyed = false;

    void put(std::string piece) {
        {
            const std::scoped_lock lock(mutex);
            pieces.push_back(std::move(piece));
        }
        notify();
    }
    void end() {
        {
            const std::scoped_lock lock(mutex);
            ended = true;
        }
        notify();
    }
    void notify() {
        waker copy;
        {
            const std::scoped_lock lock(mutex);
            copy = wake;
        }
        copy.notify();
    }
};

class fed_stream final : public stream {
public:
    explicit fed_stream(std::shared_ptr<feed> from) : from_(std::move(from)) {}
    ~fed_stream() override { from_->destroyed = true; }
    void start(waker wake) override {
        const std::scoped_lock lock(from_->mutex);
        from_->wake = std::move(wake);
    }
    flow next(std::string& chunk) override {
        const std::scoped_lock lock(from_->mutex);
        ++from_->asked;
        if (!from_->pieces.empty()) {
            chunk = std::move(from_->pieces.front());
            from_->pieces.pop_front();
            return flow::chunk;
        }
        return from_->ended ? flow::end : flow::wait;
    }

private:
    std::shared_ptr<feed> from_;
};

class Streams : public Served {
protected:
    void route_feed(const std::shared_ptr<feed>& from) {
        route("/tap",
              [from](const request&) {
                  response answer;
                  answer.content_type = "application/x-ndjson";
                  answer.live = std::make_unique<fed_stream>(from);
                  return answer;
              },
              {.group = "tap", .concurrency = 1});
    }
    const std::string ask_ = "GET /tap HTTP/1.1\r\nHost: h\r\n\r\n";
};

TEST_F(Streams, pieces_arrive_as_they_are_made_until_the_stream_ends) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    from->put("one\ntw");
    std::vector<std::string> lines;
    std::jthread later;
    const auto done = make_client().follow("/tap", [&](std::string_view line) {
        lines.emplace_back(line);
        if (lines.size() == 1) {
            later = std::jthread([&] {
                from->put("o\nthree\n");
                from->put("rest");
                from->end();
            });
        }
        return true;
    });
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three", "rest"}));
    EXPECT_TRUE(eventually([&] { return from->destroyed.load(); }));
}

TEST_F(Streams, the_receiver_may_stop_and_the_stream_goes) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    from->put("a\nb\nc\n");
    int seen = 0;
    EXPECT_TRUE(make_client().follow("/tap", [&](std::string_view) { return ++seen < 2; }));
    EXPECT_EQ(seen, 2);
    EXPECT_TRUE(eventually([&] { return from->destroyed.load(); }));
    from->put("late");
}

TEST_F(Streams, a_client_that_leaves_a_waiting_stream_ends_it_and_frees_its_place) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    raw_client one(settings_.socket);
    ASSERT_TRUE(one.send(ask_));
    ASSERT_TRUE(eventually([&] { return from->asked > 0; }));
    EXPECT_EQ(get("/tap").status, 429) << "a stream keeps its place while it lasts";
    one.close();
    EXPECT_TRUE(eventually([&] { return from->destroyed.load(); }));
    EXPECT_TRUE(eventually([&] { return metric("sonde.api.connections") == 0; }));
    from->end();
    EXPECT_EQ(get("/tap").status, 200);
}

TEST_F(Streams, removal_of_the_route_does_not_wait_for_its_streams) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send(ask_));
    ASSERT_TRUE(eventually([&] { return from->asked > 0; }));
    EXPECT_TRUE(routes_.remove("/tap", patience));
    from->put("still here\n");
    EXPECT_NE(one.read_until_seen("still here").find("still here"), std::string::npos);
}

TEST_F(Streams, a_client_that_does_not_read_stops_the_asking_and_is_dropped) {
    settings_.request_timeout = 200ms;
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    constexpr int pieces = 100;
    for (int i = 0; i < pieces; ++i) {
        from->put(std::string(256u << 10, 'x'));
    }
    const raw_client deaf(settings_.socket);
    ASSERT_TRUE(deaf.send(ask_));
    EXPECT_TRUE(eventually([&] { return dropped("slow_reader") == 1; }));
    EXPECT_TRUE(eventually([&] { return from->destroyed.load(); }));
    EXPECT_LT(from->asked, pieces / 4) << "only what the socket's buffer takes was asked for";
}

TEST_F(Streams, notifications_are_never_lost) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    constexpr int count = 2000;
    std::jthread producer([&] {
        for (int i = 0; i < count; ++i) {
            from->put(std::to_string(i) + "\n");
        }
        from->end();
    });
    int next = 0;
    const auto done = make_client().follow("/tap", [&](std::string_view line) {
        EXPECT_EQ(line, std::to_string(next));
        ++next;
        return true;
    });
    EXPECT_TRUE(done) << done.error().message();
    EXPECT_EQ(next, count);
}

TEST_F(Streams, an_empty_piece_does_not_end_the_stream) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    from->put("");
    from->put("after\n");
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send(ask_));
    ASSERT_TRUE(eventually([&] { return from->asked > 0; }));
    from->notify();
    EXPECT_NE(one.read_until_seen("after").find("6\r\nafter\n\r\n"), std::string::npos);
}

TEST_F(Streams, an_old_client_gets_plain_bytes_until_the_end) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    from->put("plain\n");
    from->end();
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send("GET /tap HTTP/1.0\r\n\r\n"));
    const std::string got = one.read_to_end();
    EXPECT_TRUE(got.ends_with("\r\n\r\nplain\n")) << got;
    EXPECT_EQ(got.find("chunked"), std::string::npos);
}

TEST_F(Streams, head_of_a_stream_is_its_headers_alone) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send("HEAD /tap HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
    EXPECT_TRUE(one.read_to_end().ends_with("\r\n\r\n"));
    EXPECT_TRUE(eventually([&] { return from->destroyed.load(); }));
    EXPECT_EQ(from->asked, 0);
}

class broken_stream final : public stream {
public:
    void start(waker) override {}
    flow next(std::string&) override { throw std::runtime_error("no more"); }
};

TEST_F(Streams, a_stream_that_throws_ends_and_is_counted) {
    route("/tap", [](const request&) {
        response answer;
        answer.live = std::make_unique<broken_stream>();
        return answer;
    });
    serve();
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send(ask_));
    EXPECT_TRUE(one.read_to_end().ends_with("0\r\n\r\n"));
    EXPECT_EQ(metric("sonde.api.handler.failures"), 1);
}

TEST_F(Streams, stopping_the_server_ends_waiting_streams) {
    const auto from = std::make_shared<feed>();
    route_feed(from);
    serve();
    const raw_client one(settings_.socket);
    ASSERT_TRUE(one.send(ask_));
    ASSERT_TRUE(eventually([&] { return from->asked > 0; }));
    server_.reset();
    EXPECT_TRUE(from->destroyed);
    from->notify();
}

}  // namespace
}  // namespace sonde::api
