// SPDX-License-Identifier: Apache-2.0
// The stream of watches: what it says is told, held while there is no room, or ends the connection.
#include <string>
#include <utility>

#include "etcd/session.hpp"

namespace sonde::etcd {
namespace {

namespace rpc = common::grpc;

}  // namespace

void session::follow(std::size_t i) {
    rows_[i].now = phase::asked;
    heard_at_ = host_.monotonic();
    std::string request = watch_request(rows_[i].of.range(), {static_cast<std::int64_t>(i + 1),
                                                              rows_[i].of.start_revision(), of_->values.has_previous});
    if (stream_ == 0) {
        stream_ = client_->start({std::string(watch_method), std::move(request), headers(), {}, true}, *this);
    } else if (!client_->send(stream_, std::move(request))) {
        lose({"failing", at().text + " does not take what is to be watched"});
    }
}

void session::on_message(std::span<const std::uint8_t> message) {
    meters_->responses.add();
    heard_at_ = host_.monotonic();
    told_ = 0;
    if (!tell(message)) {
        hold(message);
    }
}

void session::on_end(const rpc::outcome& how) {
    stream_ = 0;
    if (wants_new_token(how)) {
        token_->clear();
    }
    lose(how.why == rpc::code::ok ? problem{"unreachable", at().text + " ended the watch"} : explain(how, at()));
}

bool session::tell(bytes message) {
    watch_response response;
    if (!read_watch_response(message, response)) {
        meters_->malformed.add();
        lose({"not_etcd", at().text + " answers something else than etcd"});
        return true;
    }
    const auto i = static_cast<std::size_t>(response.watch_id - 1);
    if (response.is_canceled) {
        canceled(response);
        return true;
    }
    if (i >= rows_.size()) {
        meters_->malformed.add();
        return true;
    }
    rows_[i].now = response.is_created ? phase::following : rows_[i].now;
    event_reader events(message);
    events.skip(told_);
    for (key_event each; events.next(each); ++told_) {
        if (each.now.key.empty()) {
            meters_->malformed.add();
            continue;
        }
        if (!out_->has_reader_of_events() || !out_->event(cluster_id_, each)) {
            reached(i);
            return false;
        }
        rows_[i].of.told(each.now.mod_revision);
    }
    rows_[i].of.finished(response);
    meters_->fragments.add(response.has_more_fragments ? 1 : 0);
    meters_->progress.add(response.events == 0 && !response.is_created ? 1 : 0);
    reached(i);
    return true;
}

// A cancellation that names no watch of ours refuses one that was asked for.
void session::canceled(const watch_response& response) {
    const auto i = static_cast<std::size_t>(response.watch_id - 1);
    if (response.compact_revision != 0 && i < rows_.size()) {
        rows_[i].of.compacted(response.compact_revision);
        rows_[i].now = phase::none;
        return list_next();
    }
    const std::string reason(response.cancel_reason);
    const bool is_denied = reason.find("permission denied") != std::string::npos;
    const rpc::outcome as{is_denied ? rpc::code::permission_denied : rpc::code::cancelled, reason};
    if (wants_new_token(as)) {
        token_->clear();
    }
    lose(explain(as, at()));
}

void session::hold(bytes message) {
    meters_->waits.add();
    held_.assign(message.begin(), message.end());
    if (stream_ != 0) {
        client_->hold(stream_);
    }
}

void session::release() {
    if (!out_->has_reader_of_events() || !tell(held_)) {
        return;
    }
    held_.clear();
    heard_at_ = host_.monotonic();
    if (stream_ != 0) {
        client_->resume(stream_);
    }
}

// A watch in which nothing happens and one whose member is gone without a word look alike.
void session::ask_for_life(std::chrono::nanoseconds now) {
    if (!client_ || !is_following() || heartbeat_.is_running() || now < heard_at_ + of_->heartbeat) {
        return;
    }
    heartbeat_.start(*client_, {std::string(status_method), {}, headers(), of_->request_timeout, false},
                     [this](const rpc::outcome& how, bytes) {
                         if (how.why == rpc::code::deadline_exceeded || how.why == rpc::code::unavailable) {
                             lose(explain(how, at()));
                         } else {  // a refusal is a word too
                             heard_at_ = host_.monotonic();
                         }
                     });
}

}  // namespace sonde::etcd
