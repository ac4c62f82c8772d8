// SPDX-License-Identifier: Apache-2.0
// Keeps one kind of objects in step with an API server: a list in pages, then a watch from its resource version, and a
// list again only when the server no longer knows that version. A state machine driven by tick() and by the answers; it
// never blocks and asks nobody for the time but its owner.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/collecting/backoff.hpp>
#include <sonde/collecting/rate_limiter.hpp>

#include "common/http/message.hpp"
#include "k8s/documents.hpp"
#include "k8s/frame_splitter.hpp"
#include "k8s/meters.hpp"
#include "k8s/random.hpp"
#include "k8s/tracker.hpp"

namespace sonde::k8s {

namespace http = common::http;

struct reflector_settings {
    kind_id kind = kind_id::pods;
    std::vector<std::string> versions;  // to try, in this order; not empty
    std::string in_namespace;           // empty: all
    std::string field_selector;
    std::string label_selector;
    std::uint32_t page_size = 500;
    bool reads_cache = false;  // lists come from the server's cache: cheap for it, for selections that are small
    std::size_t frame_limit = 8U << 20;
    std::size_t page_limit = 64U << 20;  // bytes
    std::chrono::nanoseconds list_limit = std::chrono::seconds(60);
    std::chrono::nanoseconds watch_limit = std::chrono::minutes(10);  // asked of the server; between half and all of it
    std::chrono::nanoseconds idle_limit = std::chrono::seconds(150);  // of a watch; servers send a bookmark per minute
    std::chrono::nanoseconds first_pause = std::chrono::milliseconds(500);
    std::chrono::nanoseconds most_pause = std::chrono::seconds(60);
    std::chrono::nanoseconds refused_pause = std::chrono::minutes(2);  // after 400, 403 and 404
    std::chrono::nanoseconds resync_interval{};                        // zero: never
};

// What a reflector works with; all of it outlives the reflector.
struct reflector_links {
    http::carrier* carrier = nullptr;
    collecting::rate_limiter* limiter = nullptr;
    random_source* random = nullptr;
    document_reader* reader = nullptr;
    meters* meter = nullptr;
    std::function<std::chrono::nanoseconds()> now;
    // The request for a path with its query; fails if there is no token.
    std::function<result<http::request>(std::string_view target)> make_request;
    std::function<void()> distrust_token;
};

struct problem {
    std::string reason;  // lower_snake_case
    std::string text;
    bool operator==(const problem&) const = default;
};

enum class reflector_phase : std::uint8_t { idle, pausing, listing, watching };
[[nodiscard]] std::string_view name(reflector_phase phase) noexcept;

struct reflector_status {
    reflector_phase phase = reflector_phase::idle;
    std::optional<problem> trouble;
    std::string version;
    std::string resource_version;
    std::uint64_t lists = 0;    // begun
    std::uint64_t watches = 0;  // begun
    std::uint64_t stalls = 0;
    std::string last_relist;  // its reason
};

class reflector final : private http::receiver {
public:
    // By how much reconnections that are nobody's fault are spread.
    static constexpr std::chrono::nanoseconds spread = std::chrono::milliseconds(200);

    reflector(reflector_settings settings, reflector_links links, tracker& objects);
    reflector(const reflector&) = delete;
    reflector& operator=(const reflector&) = delete;
    ~reflector();

    // Begins, no earlier than `at`.
    void begin(std::chrono::nanoseconds at);
    // Does what is due. To be called after every answer and at next_due().
    void tick();
    // When tick() has something to do; nothing while it waits for an answer only.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> next_due() const;

    // True once the first list is complete or has met a problem: others need not wait for it.
    [[nodiscard]] bool has_settled() const noexcept { return objects_->is_synced() || status_.trouble.has_value(); }
    [[nodiscard]] const reflector_status& status() const noexcept { return status_; }
    [[nodiscard]] const reflector_settings& settings() const noexcept { return settings_; }
    [[nodiscard]] tracker& objects() const noexcept { return *objects_; }
    // Time since anything was heard on the watch; zero outside a watch.
    [[nodiscard]] std::chrono::nanoseconds watch_age() const;

private:
    void on_head(const http::response_head& head) override;
    [[nodiscard]] bool on_body(std::string_view bytes) override;
    void on_end(const http::outcome& how) override;

    // What is asked (reflector_requests.cpp).
    void send();
    [[nodiscard]] std::string list_target() const;
    [[nodiscard]] std::string watch_target();
    [[nodiscard]] std::string target(std::string_view query) const;

    // What is answered: reflector.cpp, and reflector_refusals.cpp for a no.
    void end_page();
    void end_watch(const http::outcome& how);
    [[nodiscard]] bool take_frame(std::string_view frame);
    void take_oversized();
    void refuse(const status_facts& said);
    void refuse_for_long(std::string_view reason, std::string text);

    void relist(std::string_view reason);
    void fail_with(std::string_view reason, std::string text);
    void pause(std::chrono::nanoseconds length);
    void pause_and_back_off() { pause(backoff_.next()); }
    void abandon();
    [[nodiscard]] std::string_view kind_name() const noexcept { return info_of(settings_.kind).resource; }

    reflector_settings settings_;
    reflector_links links_;
    tracker* objects_;
    reflector_status status_;
    collecting::backoff backoff_;
    std::size_t version_ = 0;
    bool wants_list_ = true;
    bool distrusts_connection_ = false;  // after a stall: HTTP/2 would put the next watch beside the dead one

    // the request under way
    http::request_id request_ = 0;
    int code_ = 0;
    std::optional<std::chrono::seconds> retry_after_;
    std::string body_;
    std::chrono::nanoseconds due_{};
    std::chrono::nanoseconds started_{};
    std::chrono::nanoseconds heard_{};
    std::chrono::nanoseconds listed_{};

    // the list under way
    std::string next_page_;
    std::uint32_t expired_lists_ = 0;
    bool is_cache_behind_ = false;

    // the watch under way
    frame_splitter frames_;
    std::uint64_t frames_seen_ = 0;
    std::optional<status_facts> said_;  // by an ERROR frame
    std::string relist_reason_;         // set by a frame that cannot be used
};

}  // namespace sonde::k8s
