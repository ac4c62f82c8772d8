// SPDX-License-Identifier: Apache-2.0
#include "api/connection.hpp"

#include <cerrno>

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include "api/address.hpp"
#include "api/listen.hpp"
#include "api/wire.hpp"
#include "observe/json.hpp"

namespace sonde::api {
namespace {

using namespace std::chrono_literals;
using wait = boost::asio::posix::stream_descriptor;

// After an early refusal the client may still be sending; what it sends is thrown away for this long and this much, so
// that it gets to read the answer instead of a reset.
constexpr auto linger_time = 500ms;
constexpr std::size_t linger_bytes = 1u << 20;

}  // namespace

connection::connection(engine& in, int fd, reach by)
    : engine_(in), fd_(in.io, fd), timer_(in.io), by_(by), remote_(describe_peer(fd)),
      reader_({in.settings.header_limit, in.settings.request_limit}) {}

void connection::start() {
    arm(engine_.settings.request_timeout);
    wait_readable();
}

void connection::close() {
    if (state_ == state::closed) {
        return;
    }
    const auto self = shared_from_this();
    state_ = state::closed;
    ++exchange_;
    disarm();
    boost::system::error_code ignored;  // nothing can be done about a failing close
    fd_.close(ignored);
    engine_.outstanding -= std::exchange(accounted_, 0);
    live_.reset();
    live_permit_.close();
    engine_.connections.erase(self);
    observe::set(engine_.open, static_cast<std::int64_t>(engine_.connections.size()));
}

void connection::drop(std::string_view reason) {
    engine_.count_drop(reason);
    close();
}

void connection::arm(std::chrono::nanoseconds in) {
    timer_.expires_after(in);
    timer_.async_wait([self = shared_from_this(), epoch = ++timer_epoch_](boost::system::error_code ec) {
        if (!ec && epoch == self->timer_epoch_) {
            self->timed_out();
        }
    });
}

void connection::disarm() {
    ++timer_epoch_;
    timer_.cancel();
}

void connection::timed_out() {
    switch (state_) {
    case state::reading:
        if (!started_) {
            exchange_ == 0 ? drop("slow_sender") : close();
            return;
        }
        engine_.count_drop("slow_sender");
        keep_alive_ = false;
        refused_early_ = true;
        respond(failure(408, "timeout", "the request did not arrive in time"), "unmatched");
        return;
    case state::handling:
        keep_alive_ = false;
        ++exchange_;  // the handler's answer will find nobody
        respond(failure(504, "timeout", "the handler did not answer in time"), route_);
        return;
    case state::writing: drop("slow_reader"); return;
    default: close(); return;
    }
}

void connection::wait_readable() {
    fd_.async_wait(wait::wait_read, [self = shared_from_this()](boost::system::error_code ec) {
        if (!ec && (self->state_ == state::reading || self->state_ == state::lingering)) {
            self->readable();
        }
    });
}

void connection::readable() {
    const ssize_t got = ::recv(fd_.native_handle(), engine_.scratch.data(), engine_.scratch.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        wait_readable();
        return;
    }
    if (got <= 0) {
        started_&& state_ == state::reading ? drop("cut_short") : close();
        return;
    }
    if (state_ == state::lingering) {
        lingered_ += static_cast<std::size_t>(got);
        lingered_ > linger_bytes ? close() : wait_readable();
        return;
    }
    in_.append(engine_.scratch.data(), static_cast<std::size_t>(got));
    parse();
}

void connection::parse() {
    if (!started_) {
        started_ = true;
        arm(engine_.settings.request_timeout);
    }
    switch (reader_.feed(in_)) {
    case progress::complete: dispatch(); return;
    case progress::refused:
        keep_alive_ = false;
        refused_early_ = true;
        engine_.count_drop("malformed");
        respond(reader_.refusal(), "unmatched");
        return;
    case progress::more: break;
    }
    if (reader_.wants_continue()) {
        constexpr std::string_view go = "HTTP/1.1 100 Continue\r\n\r\n";
        if (::send(fd_.native_handle(), go.data(), go.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
            drop("peer_gone");
            return;
        }
    }
    wait_readable();
}

// A web page that the user looks at could talk to a loopback port by a name of its own that resolves to 127.0.0.1: that
// shows in Host.
std::optional<response> connection::forbid(const incoming& from) const {
    if (by_ == reach::loopback && !from.host.empty()) {
        const auto host = parse_address(from.host);
        if (!host || !is_loopback(host->host)) {
            return failure(403, "forbidden_host", "the Host header must be localhost, 127.0.0.1 or [::1]");
        }
    }
    if (by_ != reach::socket && from.what.method != "GET") {
        return failure(403, "read_only", "TCP is for reading; what changes something is taken on the unix socket only");
    }
    return std::nullopt;
}

void connection::dispatch() {
    incoming from = reader_.take();
    head_ = from.head;
    keep_alive_ = from.keep_alive;
    http11_ = from.http11;
    from.what.remote = remote_;
    from.what.deadline = std::chrono::steady_clock::now() + engine_.settings.request_timeout;
    if (auto refusal = forbid(from)) {
        respond(std::move(*refusal), "unmatched");
        return;
    }
    admission admitted = engine_.routes.admit(from.what);
    route_ = admitted.route;
    if (!admitted.permit) {
        if (from.what.query_flag("pretty")) {
            admitted.refusal.body = observe::indent_json(admitted.refusal.body);
        }
        respond(std::move(admitted.refusal), route_);
        return;
    }
    if (!submit_handler(std::move(admitted.permit), std::move(from.what))) {
        respond(failure(503, "busy", "all API workers are busy; try again"), route_);
        return;
    }
    state_ = state::handling;
    arm(engine_.settings.request_timeout);
}

// On a worker. Touches nothing but its arguments, since the server may be gone when the handler returns.
connection::outcome connection::run_handler(ticket permit, const request& what, std::uint64_t limit) {
    outcome made;
    response& answer = made.answer;
    try {
        answer = permit.run(what);
    } catch (const std::exception& thrown) {
        made.thrown = thrown.what();
    } catch (...) {
        made.thrown = "something that is not a std::exception";
    }
    if (made.thrown) {
        answer = failure(500, "internal", "the handler failed: " + *made.thrown);
    }
    if (!answer.live && what.query_flag("pretty") && answer.content_type.starts_with("application/json")) {
        answer.body = observe::indent_json(answer.body);
    }
    if (answer.body.size() > limit) {
        answer = failure(500, "response_too_large", fmt::format("the answer exceeds {} bytes; ask for less", limit));
    }
    made.permit = std::move(permit);
    return made;
}

bool connection::submit_handler(ticket permit, request what) {
    const bool module_code = permit.is_module();
    auto job = [in = &engine_, limit = engine_.settings.response_limit, mail = engine_.mail, weak = weak_from_this(),
                exchange = exchange_, permit = std::move(permit), what = std::move(what)]() mutable {
        outcome made = run_handler(std::move(permit), what, limit);
        mail->post([in, weak = std::move(weak), exchange, made = std::move(made)]() mutable {
            if (made.thrown) {
                in->handler_failed(made.permit.pattern(), *made.thrown);
            }
            if (const auto self = weak.lock(); self && self->exchange_ == exchange) {
                self->handled(std::move(made));
            }
        });
    };
    return engine_.pool.submit(std::move(job), module_code);
}

void connection::handled(outcome made) {
    if (made.answer.live && !head_) {
        start_stream(std::move(made.answer), std::move(made.permit));
        return;
    }
    made.permit.close();
    respond(std::move(made.answer), route_);
}

void connection::respond(response answer, const std::string& route) {
    if (engine_.outstanding + answer.body.size() > engine_.settings.outstanding_limit) {
        answer = failure(503, "busy", "too many answers are on their way; try again");
    }
    engine_.count_request(route, answer.status);
    std::string head = encode_head(answer, {keep_alive_, false});
    send(std::move(head), head_ ? std::string{} : std::move(answer.body));
}

void connection::send(std::string head, std::string body) {
    head_text_ = std::move(head);
    body_ = std::move(body);
    accounted_ = body_.size();
    engine_.outstanding += accounted_;
    sent_ = 0;
    state_ = state::writing;
    arm(engine_.settings.request_timeout);
    write();
}

void connection::write() {
    while (sent_ < head_text_.size() + body_.size()) {
        const bool in_head = sent_ < head_text_.size();
        const std::string_view rest = in_head ? std::string_view(head_text_).substr(sent_)
                                              : std::string_view(body_).substr(sent_ - head_text_.size());
        const int more = in_head && !body_.empty() ? MSG_MORE : 0;
        const ssize_t done = ::send(fd_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT | more);
        if (done >= 0) {
            sent_ += static_cast<std::size_t>(done);
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) {
            drop("peer_gone");
            return;
        }
        fd_.async_wait(wait::wait_write, [self = shared_from_this()](boost::system::error_code ec) {
            if (!ec && self->state_ == state::writing) {
                self->write();
            }
        });
        return;
    }
    written();
}

void connection::written() {
    engine_.outstanding -= std::exchange(accounted_, 0);
    head_text_.clear();
    body_ = {};
    if (live_) {
        stream_ended_ ? close() : poll_stream();
        return;
    }
    if (keep_alive_) {
        next_request();
    } else if (refused_early_) {
        linger();
    } else {
        close();
    }
}

void connection::next_request() {
    ++exchange_;
    state_ = state::reading;
    started_ = false;
    reader_ = request_reader({engine_.settings.header_limit, engine_.settings.request_limit});
    arm(engine_.settings.idle_timeout);
    if (in_.empty()) {
        wait_readable();
        return;
    }
    // Posted, so that a long pipeline of requests neither recurses nor keeps others waiting.
    boost::asio::post(engine_.io, [self = shared_from_this()] {
        if (self->state_ == state::reading) {
            self->parse();
        }
    });
}

void connection::linger() {
    state_ = state::lingering;
    ::shutdown(fd_.native_handle(), SHUT_WR);
    arm(linger_time);
    wait_readable();
}

}  // namespace sonde::api
