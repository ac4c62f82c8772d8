// SPDX-License-Identifier: Apache-2.0
#include "prometheus/poller.hpp"

#include <utility>

#include "common/valid_utf8.hpp"

namespace sonde::prometheus {
namespace {

namespace http = common::http;

constexpr std::size_t longest_address = 512;  // of a redirection, as far as it is told

trouble trouble_of(http::failure why) noexcept {
    switch (why) {
    case http::failure::name_lookup: return trouble::name_lookup;
    case http::failure::tls: return trouble::tls;
    case http::failure::timeout: return trouble::timeout;
    case http::failure::body_too_large: return trouble::body_too_large;
    case http::failure::connection: return trouble::unreachable;
    default: return trouble::broken;
    }
}

trouble trouble_of(int status) noexcept {
    if (status >= 300 && status < 400) {
        return trouble::redirected;
    }
    switch (status) {
    case 401:
    case 403:
    case 407: return trouble::unauthorized;
    case 404:
    case 405:
    case 410: return trouble::not_found;
    case 400:
    case 422: return trouble::bad_query;
    default: return trouble::server_error;
    }
}

// libcurl says after how many milliseconds something failed. Without that, the same trouble has the same text.
std::string without_duration(std::string text) {
    const std::size_t begin = text.find(" after ");
    const std::size_t end = text.find(" ms", begin == std::string::npos ? 0 : begin);
    if (begin != std::string::npos && end != std::string::npos) {
        text.erase(begin, end + 3 - begin);
    }
    return text;
}

}  // namespace

bool poller::turn(http::carrier& by, bool may_start, bool listens) {
    meters_->missed.add(schedule_.look(host_.monotonic()));
    if (!schedule_.is_wanted()) {
        return false;
    }
    if (!listens) {
        schedule_.skip();
        return false;
    }
    if (!may_start) {
        return false;
    }
    auto request = what_->ask(host_.wall());
    if (!request) {
        schedule_.skip();
        return false;
    }
    schedule_.begin();
    is_running_ = true;
    began_ = host_.monotonic();
    current_ = {host_.wall(), {}, schedule_.is_tick()};
    head_ = {};
    body_.clear();
    if (access_ != nullptr) {
        if (const auto done = access_->authorise(*request); !done) {
            settle({trouble::unauthorized, done.error().message(), 0});
            return false;
        }
    }
    request->body_limit = body_limit_;
    meters_->requests.add();
    meters_->retries.add(current_.is_tick ? 0 : 1);
    static_cast<void>(by.start(std::move(*request), *this));
    return true;
}

void poller::on_head(const http::response_head& head) { head_ = head; }

bool poller::on_body(std::string_view bytes) {
    meters_->bytes.add(bytes.size());
    if (head_.status == 200 || body_.size() + bytes.size() <= most_of_errors) {
        body_.append(bytes);
    }
    return true;
}

void poller::on_end(const http::outcome& how) {
    verdict found = judge(how);
    if (found.why == trouble::unauthorized && access_ != nullptr) {
        access_->refused();
    }
    current_.took = host_.monotonic() - began_;
    meters_->duration.set(current_.took.count());
    if (found.why == trouble::none) {
        found = what_->take(current_, head_, body_);
    }
    settle(std::move(found));
}

void poller::settle(verdict how) {
    if (how.why != trouble::none) {
        meters_->failures[static_cast<std::size_t>(how.why)].add();
        what_->miss(current_, how, body_);
        std::string scratch;
        how.text = common::valid_utf8(how.text, scratch);
    }
    schedule_.end(host_.monotonic(), may_pass(how.why));
    is_running_ = false;
    state_ = {true, std::move(how), current_};
    if (body_.capacity() > kept_room) {
        body_ = {};
    }
}

verdict poller::judge(const http::outcome& how) const {
    if (how.why == http::failure::timeout) {
        return {trouble::timeout, "there was no complete answer in time", 0};
    }
    if (how.why != http::failure::none) {
        return {trouble_of(how.why), without_duration(how.text.empty() ? std::string(http::name(how.why)) : how.text),
                0};
    }
    if (head_.status == 200) {
        return {};
    }
    const trouble why = trouble_of(head_.status);
    std::string text = "the answer has status " + std::to_string(head_.status);
    if (why == trouble::redirected) {
        text.append(" and points to ").append(head_.field("Location").substr(0, longest_address));
        text.append("; redirections are not followed, set that address");
    }
    return {why, std::move(text), 0};
}

}  // namespace sonde::prometheus
