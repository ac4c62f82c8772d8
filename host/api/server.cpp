// SPDX-License-Identifier: Apache-2.0
#include "api/server.hpp"

#include <cerrno>
#include <thread>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include "api/connection.hpp"
#include "api/listen.hpp"
#include "api/wire.hpp"

namespace sonde::api {
namespace {

using namespace std::chrono_literals;
using boost::asio::posix::stream_descriptor;

// Accepted per turn, so that a flood of connections does not keep the others waiting.
constexpr int accepts_per_turn = 16;
// When descriptors or memory are short, the backlog waits this long.
constexpr auto accept_pause = 100ms;

bool is_shortage(int number) noexcept {
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

class acceptor final {
public:
    acceptor(engine& in, int fd, reach by) : engine_(in), fd_(in.io, fd), pause_(in.io), by_(by) {}
    ~acceptor() { stop(); }
    acceptor(const acceptor&) = delete;
    acceptor& operator=(const acceptor&) = delete;

    void wait() {
        fd_.async_wait(stream_descriptor::wait_read, [this](boost::system::error_code ec) {
            if (!ec) {
                accept();
            }
        });
    }

    // The descriptor belongs to the listener, which closes it.
    void stop() {
        if (fd_.is_open()) {
            pause_.cancel();
            fd_.release();
        }
    }

private:
    void accept() {
        for (int i = 0; i < accepts_per_turn; ++i) {
            const int fd = ::accept4(fd_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                welcome(fd);
            } else if (is_shortage(errno)) {
                engine_.count_drop("no_descriptors");
                pause_.expires_after(accept_pause);
                pause_.async_wait([this](boost::system::error_code ec) {
                    if (!ec) {
                        wait();
                    }
                });
                return;
            } else if (errno == EAGAIN) {
                break;
            }
        }
        wait();
    }

    void welcome(int fd) {
        if (engine_.connections.size() >= static_cast<std::size_t>(engine_.settings.max_connections)) {
            const response refusal = failure(503, "too_many_connections", "all connections are in use; close some");
            const std::string text = encode_head(refusal, {}) + refusal.body;
            // Whether it still fits into the socket's buffer is the client's luck; the connection is closed either way.
            engine_.count_drop("too_many_connections");
            static_cast<void>(::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
            ::close(fd);
            return;
        }
        if (const int yes = 1; by_ != reach::socket) {
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        }
        const auto made = std::make_shared<connection>(engine_, fd, by_);
        engine_.connections.insert(made);
        observe::set(engine_.open, static_cast<std::int64_t>(engine_.connections.size()));
        made->start();
    }

    engine& engine_;
    stream_descriptor fd_;
    boost::asio::steady_timer pause_;
    reach by_;
};

}  // namespace

void mailbox::post(std::move_only_function<void()> job) {
    const std::scoped_lock lock(mutex_);
    if (io_ != nullptr) {
        boost::asio::post(*io_, std::move(job));
    }
}

void mailbox::close() {
    const std::scoped_lock lock(mutex_);
    io_ = nullptr;
}

engine::engine(server_settings with, router& to, observe::registry& counts, observe::logger& lines)
    : settings(std::move(with)), routes(to), metrics(counts), log(lines),
      failures(counts
                   .cell("", observe::kind::counter, "sonde.api.handler.failures", "{failure}",
                         "Handlers and streams of the API that threw or answered beyond the limits.")
                   .cell),
      open(
          counts.cell("", observe::kind::gauge, "sonde.api.connections", "{connection}", "Open API connections.").cell),
      pool(settings.workers, static_cast<std::size_t>(settings.max_connections)) {}

void engine::count_request(const std::string& route, int status) {
    observe::add(metrics
                     .cell("", observe::kind::counter, "sonde.api.requests", "{request}",
                           "Answered API requests, by route and class of status.",
                           {{"route", route}, {"status", fmt::format("{}xx", status / 100)}})
                     .cell);
}

void engine::count_drop(std::string_view reason) {
    observe::add(metrics
                     .cell("", observe::kind::counter, "sonde.api.dropped.connections", "{connection}",
                           "API connections that were refused or ended for a reason.", {{"reason", reason}})
                     .cell);
}

void engine::handler_failed(std::string_view route, std::string_view what) {
    observe::add(failures);
    log.error("api", "a handler failed", {{"route", route}, {"what", what}});
}

struct server::state {
    state(server_settings with, router& to, observe::registry& counts, observe::logger& lines)
        : shared(std::move(with), to, counts, lines) {}

    void listen(int fd, reach by) {
        acceptors.push_back(std::make_unique<acceptor>(shared, fd, by));
        acceptors.back()->wait();
    }

    void shut() {
        acceptors.clear();
        const auto all = shared.connections;
        for (const auto& each : all) {
            each->close();
        }
        shared.mail->close();
        shared.io.stop();
    }

    std::optional<unix_listener> local;
    std::optional<tcp_listener> tcp;
    engine shared;
    std::vector<std::unique_ptr<acceptor>> acceptors;
    std::thread thread;
};

server::server(std::unique_ptr<state> from) noexcept : state_(std::move(from)) {}

server::~server() { stop(); }

result<std::unique_ptr<server>> server::start(server_settings settings, router& routes, observe::registry& metrics,
                                              observe::logger& log) {
    auto made = std::make_unique<state>(std::move(settings), routes, metrics, log);
    const server_settings& with = made->shared.settings;
    if (with.socket.empty() && with.listen.empty()) {
        return fail(errc::invalid, "the API has neither a socket nor an address to listen on; set [api] socket");
    }
    if (!with.socket.empty()) {
        auto opened = unix_listener::open(with.socket);
        if (!opened) {
            return fail(opened.error(), "starting the API");
        }
        made->local.emplace(std::move(*opened));
        made->listen(made->local->fd(), reach::socket);
    }
    if (!with.listen.empty()) {
        auto opened = listen_tcp(with.listen, with.allow_remote);
        if (!opened) {
            return fail(opened.error(), "starting the API");
        }
        made->tcp.emplace(std::move(*opened));
        made->listen(made->tcp->fd.value(), made->tcp->loopback ? reach::loopback : reach::network);
    }
    // Signals belong to the main thread.
    sigset_t all{};
    sigset_t before{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        made->thread = std::thread([&io = made->shared.io] {
            ::pthread_setname_np(::pthread_self(), "sonde-api-io");
            const auto work = boost::asio::make_work_guard(io);
            io.run();
        });
    } catch (const std::system_error& thrown) {
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return fail(errc::exhausted, fmt::format("starting the API's thread: {}", thrown.what()));
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return std::unique_ptr<server>(new server(std::move(made)));
}

void server::stop() {
    if (!state_->thread.joinable()) {
        return;
    }
    state_->shared.mail->post([held = state_.get()] { held->shut(); });
    state_->thread.join();
    observe::set(state_->shared.open, 0);
    if (const std::size_t left = state_->shared.pool.stop(state_->shared.settings.stop_timeout); left > 0) {
        state_->shared.log.warn("api", "handlers still run and are left alone", {{"threads", left}});
    }
    state_->local.reset();
    state_->tcp.reset();
}

std::uint16_t server::port() const noexcept { return state_->tcp ? state_->tcp->port : 0; }

}  // namespace sonde::api
