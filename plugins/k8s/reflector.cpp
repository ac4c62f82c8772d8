// SPDX-License-Identifier: Apache-2.0
#include "k8s/reflector.hpp"

#include <array>
#include <utility>

namespace sonde::k8s {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_refusal = 64U << 10;  // bytes of an error's body that are read
constexpr std::uint32_t most_expired_lists = 3;     // lists in pages that may expire before one is asked for whole
constexpr auto long_enough = 5s;                    // a watch that lived so long is no failure
constexpr auto spread = 200ms;                      // of reconnections that are nobody's fault

std::string seconds_of(std::chrono::nanoseconds length) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(length).count());
}

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
        fail_with("watch_stalled", "nothing was heard on a watch for " + seconds_of(settings_.idle_limit) +
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

// --- asking ----------------------------------------------------------------------------------------------------------

void reflector::send() {
    auto request = links_.make_request(wants_list_ ? list_target() : watch_target());
    if (!request) {
        fail_with("no_token", request.error().message());
        pause_and_back_off();
        return;
    }
    request->wants_fresh_connection = std::exchange(distrusts_connection_, false);
    code_ = 0;
    retry_after_.reset();
    body_.clear();
    said_.reset();
    relist_reason_.clear();
    frames_seen_ = 0;
    started_ = heard_ = links_.now();
    status_.version = settings_.versions[version_];
    if (wants_list_) {
        if (next_page_.empty()) {
            ++status_.lists;
            objects_->begin_list();
        }
        request->limit = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.list_limit);
        request->body_limit = settings_.page_limit;
        status_.phase = reflector_phase::listing;
    } else {
        ++status_.watches;
        // Compressed, a server would hold frames back until a block is full.
        request->accepts_compression = false;
        status_.phase = reflector_phase::watching;
    }
    request_ = links_.carrier->start(std::move(*request), *this);
}

std::string reflector::target(std::string_view query) const {
    std::string made = path_of(info_of(settings_.kind), settings_.versions[version_], settings_.in_namespace);
    made.append("?").append(query);
    if (!settings_.field_selector.empty()) {
        made.append("&fieldSelector=").append(http::query_escape(settings_.field_selector));
    }
    if (!settings_.label_selector.empty()) {
        made.append("&labelSelector=").append(http::query_escape(settings_.label_selector));
    }
    return made;
}

std::string reflector::list_target() const {
    if (settings_.reads_cache && !is_cache_behind_) {
        return target(status_.resource_version.empty() ? "resourceVersion=0"
                                                       : "resourceVersionMatch=NotOlderThan&resourceVersion=" +
                                                             http::query_escape(status_.resource_version));
    }
    // Pages that keep expiring are slower to read than the server forgets: then all at once.
    std::string query =
        expired_lists_ < most_expired_lists ? "limit=" + std::to_string(settings_.page_size) : "limit=0";
    if (!next_page_.empty()) {
        query += "&continue=" + http::query_escape(next_page_);
    }
    return target(query);
}

std::string reflector::watch_target() {
    const auto limit = between(*links_.random, settings_.watch_limit / 2, settings_.watch_limit);
    return target("watch=true&allowWatchBookmarks=true&resourceVersion=" +
                  http::query_escape(status_.resource_version) + "&timeoutSeconds=" + seconds_of(limit));
}

// --- answers ---------------------------------------------------------------------------------------------------------

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

// The server said no, by its status code or within a watch.
void reflector::refuse(const status_facts& said) {
    const std::string code = std::to_string(said.code);
    std::string text = "the server answered " + code + (said.message.empty() ? "" : ": " + said.message);
    switch (said.code) {
    case 410:
        if (wants_list_) {
            ++expired_lists_;
            is_cache_behind_ = true;
        }
        relist("expired");
        pause_and_back_off();
        return;
    case 401:
        fail_with("unauthorized", text + "; check the token or certificate");
        pause_and_back_off();
        return;
    case 403: refuse_for_long("forbidden", text + "; grant get, list and watch on it"); return;
    case 404: refuse_for_long("kind_missing", text + "; this server does not have the kind"); return;
    case 400: refuse_for_long("bad_request", text + "; check the selectors"); return;
    default: break;
    }
    if (said.code == 504) {
        is_cache_behind_ = true;
    }
    fail_with(said.code == 429 ? "throttled" : "server_error", std::move(text));
    const std::chrono::nanoseconds least =
        retry_after_ ? *retry_after_ : std::chrono::seconds(std::clamp<std::int64_t>(said.retry_after_seconds, 0, 60));
    pause(std::max(backoff_.next(), least + between(*links_.random, 0ns, spread)));
}

// Another version of the API may be there, and permitted. If not, nothing changes soon.
void reflector::refuse_for_long(std::string_view reason, std::string text) {
    next_page_.clear();
    wants_list_ = true;
    if (version_ + 1 < settings_.versions.size() && code_ != 400) {
        ++version_;
        status_.resource_version.clear();
        pause(0ns);
        return;
    }
    version_ = 0;
    fail_with(reason, std::move(text));
    pause(between(*links_.random, settings_.refused_pause / 2, settings_.refused_pause));
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
