// SPDX-License-Identifier: Apache-2.0
// The part of a connection that sends an answer in pieces.
#include "api/connection.hpp"

#include <cerrno>

#include <sys/socket.h>

#include "api/wire.hpp"

namespace sonde::api {

void connection::start_stream(response answer, ticket permit) {
    keep_alive_ = false;
    engine_.count_request(route_, answer.status);
    std::string head = encode_head(answer, {keep_alive_, http11_});
    live_ = std::move(answer.live);
    live_permit_ = std::move(permit);
    const auto posted = std::make_shared<std::atomic<bool>>(false);
    live_->start(waker([mail = engine_.mail, weak = weak_from_this(), posted] {
        if (posted->exchange(true)) {
            return;  // the last notification has not been seen yet
        }
        mail->post([weak, posted] {
            posted->store(false);
            if (const auto self = weak.lock()) {
                self->woken();
            }
        });
    }));
    watch_for_leaving();
    send(std::move(head), {});
}

void connection::watch_for_leaving() {
    fd_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                   [self = shared_from_this()](boost::system::error_code ec) {
                       if (ec || self->state_ == state::closed) {
                           return;
                       }
                       char byte = 0;
                       const ssize_t got = ::recv(self->fd_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
                       if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
                           self->watch_for_leaving();
                           return;
                       }
                       // The end of the client's side, an error, or a request that this connection will not serve.
                       self->close();
                   });
}

void connection::poll_stream() {
    state_ = state::polling;
    woken_ = false;
    disarm();
    auto job = [in = &engine_, limit = engine_.settings.response_limit, mail = engine_.mail, weak = weak_from_this(),
                live = live_]() mutable {
        std::string chunk;
        flow what = flow::end;
        std::string thrown;
        try {
            what = live->next(chunk);
        } catch (const std::exception& error) {
            thrown = error.what();
        } catch (...) {
            thrown = "something that is not a std::exception";
        }
        if (thrown.empty() && chunk.size() > limit) {
            thrown = "a piece exceeds the response limit";
        }
        mail->post([in, weak = std::move(weak), live = std::move(live), what, chunk = std::move(chunk),
                    thrown = std::move(thrown)]() mutable {
            const auto self = weak.lock();
            if (!thrown.empty()) {
                in->handler_failed(self ? self->route_ : "a stream", thrown);
            }
            if (self && self->state_ == state::polling) {
                self->stream_said(thrown.empty() ? what : flow::end, std::move(chunk));
            }
        });
    };
    if (!engine_.pool.submit(std::move(job), false)) {
        drop("overload");
    }
}

void connection::stream_said(flow what, std::string chunk) {
    if (what == flow::wait || (what == flow::chunk && chunk.empty())) {
        state_ = state::waiting;
        if (woken_) {
            poll_stream();
        }
        return;
    }
    stream_ended_ = what == flow::end;
    if (stream_ended_) {
        chunk.clear();
    }
    send({}, !http11_ ? std::move(chunk) : stream_ended_ ? std::string(last_chunk) : encode_chunk(chunk));
}

void connection::woken() {
    woken_ = true;
    if (state_ == state::waiting) {
        poll_stream();
    }
}

}  // namespace sonde::api
