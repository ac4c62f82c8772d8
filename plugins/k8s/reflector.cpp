// SPDX-License-Identifier: Apache-2.0
#include "k8s/reflector.hpp"

#include <array>
#include <utility>

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_refusal = 64U << 10;  // bytes of an error's body that are read
constexpr auto long_enough = 5s;                    // a watch that lived so long is no failure

std::string_view name(frame_type type) noexcept {
    constexpr std::array<std::string_view, 6> names{"added", "modified", "deleted", "bookmark", "error", "unknown"};
    return names[static_cast<std::size_t>(type)];
}

}  // namespace

std::string_view name(reflector_phase phase) noexcept {
    constexpr std::array<std::string_view, 4> names{"idle", "pausing", "listing", "watching"};
    return names[static_cast<std::size_t>(phase)];
}

reflector::reflector(reflector_settings settings, reflector_links links, tracker& objects)
    : settings_(std::move(settings)), links_(std::move(links)), objects_(&objects),
      backoff_(settings_.first_pause, settings_.most_pause, static_cast<std::uint32_t>((*links_.random)())),
      frames_(settings_.frame_limit) {}

reflector::~reflector() { abandon(); }

void reflector::begin(std::chrono::nanoseconds at) {
    if (status_.phase == reflector_phase::idle) {
        status_.phase = reflector_phase::pausing;
        due_ = at;
    }
}

void reflector::tick() {
    const auto now = links_.now();
    if (status_.phase == reflector_phase::watching && now - heard_ >= settings_.idle_limit) {
        abandon();
        distrusts_connection_ = true;
        ++status_.stalls;
        links_.meter->count_request("watch", kind_name(), "stalled");
        const auto silent = std::chrono::floor<std::chrono::seconds>(settings_.idle_limit).count();
        fail_with("watch_stalled", "nothing was heard on a watch for " + std::to_string(silent) +
                                       " s; it is begun again where it stood");
        pause(0ns);
    }
    if (status_.phase == reflector_phase::watching && settings_.resync_interval > 0ns &&
        now - listed_ >= settings_.resync_interval) {
        abandon();
        relist("resync");
        pause(0ns);
    }
    if (status_.phase != reflector_phase::pausing || now < due_) {
        return;
    }
    if (links_.limiter->take(now)) {
        send();
    } else {
        due_ = links_.limiter->ready_at();
    }
}

std::optional<std::chrono::nanoseconds> reflector::next_due() const {
    switch (status_.phase) {
    case reflector_phase::pausing: return due_;
    case reflector_phase::watching: {
        const auto stall = heard_ + settings_.idle_limit;
        return settings_.resync_interval > 0ns ? std::min(stall, listed_ + settings_.resync_interval) : stall;
    }
    default: return std::nullopt;
    }
}

std::chrono::nanoseconds reflector::watch_age() const {
    return status_.phase == reflector_phase::watching ? links_.now() - heard_ : 0ns;
}

void reflector::on_head(const http::response_head& head) {
    code_ = head.status;
    retry_after_ = head.retry_after();
    heard_ = links_.now();
    if (code_ == 200) {
        status_.trouble.reset();
    }
}

bool reflector::on_body(std::string_view bytes) {
    heard_ = links_.now();
    links_.meter->count_bytes(kind_name(), bytes.size());
    if (code_ != 200) {
        body_.append(bytes.substr(0, longest_refusal - std::min(longest_refusal, body_.size())));
        return true;
    }
    if (status_.phase == reflector_phase::listing) {
        body_.append(bytes);
        return true;
    }
    const bool goes_on = frames_.feed(bytes, [this](std::string_view frame) { return take_frame(frame); });
    take_oversized();
    return goes_on;
}

void reflector::on_end(const http::outcome& how) {
    request_ = 0;
    const bool was_list = status_.phase == reflector_phase::listing;
    links_.meter->count_request(was_list ? "list" : "watch", kind_name(),
                                code_ != 0 ? std::to_string(code_) : name(how.why));
    if (code_ == 401) {
        links_.distrust_token();
    }
    if (code_ != 0 && code_ != 200) {
        status_facts said = read_status(body_);
        said.code = code_;
        refuse(said);
    } else if (!was_list) {
        end_watch(how);
    } else if (how.why != http::failure::none) {
        fail_with(std::string("list_") + std::string(name(how.why)), how.text);
        pause_and_back_off();
    } else {
        end_page();
    }
    body_.clear();
    body_.shrink_to_fit();
}

void reflector::end_page() {
    body_.append(document_reader::padding, '\0');
    const auto page = links_.reader->read_list(
        std::string_view(body_).substr(0, body_.size() - document_reader::padding), info_of(settings_.kind),
        [this](const object_facts& object) { objects_->take_listed(object, *links_.reader); });
    if (!page) {
        links_.meter->count_lost(kind_name(), "malformed");
        fail_with("malformed_list", page.error().message());
        pause_and_back_off();
        return;
    }
    for (std::size_t i = 0; i < page->malformed; ++i) {
        links_.meter->count_lost(kind_name(), "malformed");
    }
    next_page_ = page->next;
    if (next_page_.empty()) {
        objects_->end_list();
        status_.resource_version = page->resource_version;
        wants_list_ = false;
        expired_lists_ = 0;
        is_cache_behind_ = false;
        listed_ = links_.now();
    }
    backoff_.reset();
    pause(0ns);
}

bool reflector::take_frame(std::string_view frame) {
    const auto read = links_.reader->read_frame(frame, info_of(settings_.kind));
    if (!read) {
        // What it told is lost; only a list can find it again.
        links_.meter->count_lost(kind_name(), "malformed");
        relist_reason_ = "malformed";
        return false;
    }
    links_.meter->count_frame(kind_name(), name(read->type));
    if (read->type == frame_type::error) {
        said_ = read->status;
        return false;
    }
    ++frames_seen_;
    backoff_.reset();
    if (read->type == frame_type::unknown) {
        return true;
    }
    // The reader's document holds this text only until the next one is read.
    std::string version(read->resource_version);
    if (read->object != nullptr) {
        objects_->take_frame(read->type, *read->object, *links_.reader);
    }
    if (!version.empty()) {
        status_.resource_version = std::move(version);
    }
    return true;
}

void reflector::take_oversized() {
    for (auto count = frames_.take_oversized(); count != 0; --count) {
        links_.meter->count_lost(kind_name(), "oversize");
    }
}

void reflector::end_watch(const http::outcome& how) {
    frames_.clear();
    if (said_) {
        refuse(*std::exchange(said_, std::nullopt));
        return;
    }
    if (!relist_reason_.empty()) {
        fail_with("malformed_frame", "a frame of the watch was not valid; everything is listed again");
        relist(relist_reason_);
        pause_and_back_off();
        return;
    }
    const bool was_of_use = frames_seen_ != 0 || (code_ == 200 && links_.now() - started_ >= long_enough);
    if (how.why != http::failure::none && code_ == 0) {
        fail_with(std::string("watch_") + std::string(name(how.why)), how.text);
    }
    if (was_of_use) {
        backoff_.reset();
        pause(between(*links_.random, 0ns, spread));
    } else {
        pause_and_back_off();
    }
}

void reflector::relist(std::string_view reason) {
    wants_list_ = true;
    next_page_.clear();
    status_.last_relist = reason;
    links_.meter->count_relist(kind_name(), reason);
}

void reflector::fail_with(std::string_view reason, std::string text) {
    status_.trouble = problem{std::string(reason), std::move(text)};
}

void reflector::pause(std::chrono::nanoseconds length) {
    status_.phase = reflector_phase::pausing;
    due_ = links_.now() + length;
}

void reflector::abandon() {
    if (request_ != 0) {
        links_.carrier->cancel(std::exchange(request_, 0));
    }
    frames_.clear();
}

}  // namespace sonde::k8s
