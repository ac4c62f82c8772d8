// SPDX-License-Identifier: Apache-2.0
// What a reflector asks for: a page of a list, or a watch.
#include <utility>

#include "k8s/reflector.hpp"

namespace sonde::k8s {
namespace {

constexpr std::uint32_t most_expired_lists = 3;  // lists in pages that may expire before one is asked for whole

}  // namespace

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
    const auto limit = std::chrono::floor<std::chrono::seconds>(
        between(*links_.random, settings_.watch_limit / 2, settings_.watch_limit));
    return target("watch=true&allowWatchBookmarks=true&resourceVersion=" +
                  http::query_escape(status_.resource_version) + "&timeoutSeconds=" + std::to_string(limit.count()));
}

}  // namespace sonde::k8s
