// SPDX-License-Identifier: Apache-2.0
// Private to the server: one client's connection, a state machine that lives on the I/O thread, and what all
// connections share. The only header with Asio in it; include it from connection.cpp and server.cpp alone.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/reader.hpp"
#include "api/server.hpp"
#include "api/worker_pool.hpp"

namespace sonde::api {

// The way back to the I/O thread for workers and wakers, which may outlive the server.
class mailbox final {
public:
    explicit mailbox(boost::asio::io_context& io) : io_(&io) {}
    // Runs `job` on the I/O thread, or drops it if the server has stopped.
    void post(std::move_only_function<void()> job);
    void close();

private:
    std::mutex mutex_;
    boost::asio::io_context* io_;
};

class connection;

// Used on the I/O thread only. Jobs of workers, which may outlive it, reach it through the mailbox alone.
struct engine {
    engine(server_settings with, router& to, observe::registry& counts, observe::logger& lines);

    void count_request(const std::string& route, int status);
    void count_drop(std::string_view reason);
    void handler_failed(std::string_view route, std::string_view what);

    const server_settings settings;
    router& routes;
    observe::registry& metrics;
    observe::logger& log;
    std::uint64_t* failures;
    std::uint64_t* open;
    boost::asio::io_context io{1};
    std::shared_ptr<mailbox> mail = std::make_shared<mailbox>(io);
    worker_pool pool;
    std::unordered_set<std::shared_ptr<connection>> connections;
    std::uint64_t outstanding = 0;          // bytes of bodies on their way
    std::array<char, 16u << 10> scratch{};  // what one read takes
};

// How a client got here. The socket's mode has let in the agent's user only; anybody may connect by TCP, so that TCP is
// for reading.
enum class reach : std::uint8_t { socket, loopback, network };

class connection final : public std::enable_shared_from_this<connection> {
public:
    connection(engine& in, int fd, reach by);

    void start();
    void close();

private:
    // What a worker brings back.
    struct outcome {
        response answer;
        ticket permit;
        std::optional<std::string> thrown;  // what the handler threw
    };
    enum class state { reading, handling, writing, polling, waiting, lingering, closed };
    using shared_stream = std::shared_ptr<stream>;

    void arm(std::chrono::nanoseconds in);
    void disarm();
    void timed_out();

    void wait_readable();
    void readable();
    void parse();
    void dispatch();
    [[nodiscard]] std::optional<response> forbid(const incoming& from) const;
    [[nodiscard]] bool submit_handler(ticket permit, request what);
    [[nodiscard]] static outcome run_handler(ticket permit, const request& what, std::uint64_t limit);
    void handled(outcome made);

    void respond(response answer, const std::string& route);
    void send(std::string head, std::string body);
    void write();
    void written();
    void next_request();
    void linger();

    void start_stream(response answer, ticket permit);
    void watch_for_leaving();
    void poll_stream();
    void stream_said(flow what, std::string chunk);
    void woken();

    void drop(std::string_view reason);

    engine& engine_;
    boost::asio::posix::stream_descriptor fd_;
    boost::asio::steady_timer timer_;
    std::uint64_t timer_epoch_ = 0;
    reach by_;
    std::string remote_;

    state state_ = state::reading;
    request_reader reader_;
    std::string in_;        // received and not yet parsed
    bool started_ = false;  // bytes of the present request have come
    std::uint64_t exchange_ = 0;
    bool head_ = false;
    bool keep_alive_ = false;
    bool http11_ = true;
    bool refused_early_ = false;  // answered before the request was read to its end
    std::string route_;

    std::string head_text_;
    std::string body_;
    std::size_t sent_ = 0;         // of head and body together
    std::uint64_t accounted_ = 0;  // of engine::outstanding
    std::size_t lingered_ = 0;

    shared_stream live_;
    ticket live_permit_;
    bool stream_ended_ = false;
    bool woken_ = false;
};

}  // namespace sonde::api
