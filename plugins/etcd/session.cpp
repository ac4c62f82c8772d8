// SPDX-License-Identifier: Apache-2.0
#include "etcd/session.hpp"

#include <algorithm>
#include <utility>

namespace sonde::etcd {
namespace {

using namespace std::chrono_literals;
namespace rpc = common::grpc;

constexpr std::chrono::nanoseconds first_pause = 100ms;
constexpr std::chrono::nanoseconds refused_pause = 10s;  // each password that is checked costs the server much
constexpr std::chrono::nanoseconds steady_after = 5s;    // a connection that lasted so long was a good one

}  // namespace

session::session(const host& on, const option_values& of, const meters& counted, publisher& out, std::string& token,
                 std::uint32_t seed)
    : host_(on), of_(&of), meters_(&counted), out_(&out), token_(&token), pause_(first_pause, of.retry_limit, seed),
      position_(of.position, {counted.positions_saved, counted.position_failures, counted.positions_lost}) {
    for (const key_range& each : of.ranges) {
        rows_.push_back({watch(each, of.begin), phase::none});
        keys_.push_back(position_key(each));
    }
    // Agents that start together do not all watch the same member.
    current_ = seed % of.endpoints.size();
    state_.health = common::part_health::starting;
}

session::~session() {
    call_.cancel();
    heartbeat_.cancel();
    if (stream_ != 0) {
        client_->cancel(stream_);
    }
}

void session::start() { static_cast<void>(open_positions()); }

bool session::open_positions() {
    auto opened = position_.open();
    is_in_use_ = !opened && opened.error().code == errc::again;
    for (std::size_t i = 0; i < rows_.size() && !is_in_use_; ++i) {
        const auto text = position_.saved(keys_[i]);
        if (const auto at = text ? parse_place(*text) : std::nullopt) {
            rows_[i].of.restore(*at);
        }
    }
    judge();
    return !is_in_use_;
}

void session::turn() {
    if (client_) {
        client_->drive();
    }
    const auto now = host_.monotonic();
    if (!client_ && opens_at_ <= now && out_->has_reader_of_events()) {
        connect();
    }
    if (!held_.empty()) {
        release();
    }
    go_on_listing();
    const bool is_waiting =
        std::any_of(rows_.begin(), rows_.end(), [](const row& of) { return of.now == phase::asked; });
    if (is_waiting && held_.empty() && now > heard_at_ + of_->request_timeout) {
        lose({"not_answering", at().text + " does not begin a watch within request_timeout"});
    }
    ask_for_life(now);
    if (lost_) {
        close();
    }
    if (!is_in_use_) {
        position_.tick(now, [this](const auto& take) { tell_positions(take); });
    }
    judge();
}

void session::connect() {
    const auto now = host_.monotonic();
    if (is_in_use_ && !open_positions()) {
        opens_at_ = now + pause_.next();
        return;
    }
    auto made = etcd::connect(at(), of_->connection);
    if (!made) {
        return lose({made.error().code == errc::invalid ? "tls_files" : "exhausted", made.error().message()});
    }
    client_.emplace(std::move(*made));
    opened_at_ = now;
    has_renewed_ = false;
    is_logging_in_ = false;
    if (of_->as.user.empty() || !token_->empty()) {
        probe();
    } else {
        authenticate();
    }
}

void session::ask(std::string_view method, std::string message, handler then) {
    call_.start(*client_, {std::string(method), std::move(message), headers(), of_->request_timeout, false},
                [this, then](const rpc::outcome& how, bytes answer) {
                    if (how.why == rpc::code::ok) {
                        (this->*then)(answer);
                    } else {
                        refused(how);
                    }
                });
}

void session::refused(const rpc::outcome& how) {
    if (std::exchange(is_logging_in_, false) && is_login_needless(how)) {
        return probe();
    }
    if (wants_new_token(how) && !of_->as.user.empty()) {
        token_->clear();
        if (!listing_ && !std::exchange(has_renewed_, true)) {
            return authenticate();
        }
    }
    if (!listing_ || !ask_otherwise(how)) {
        lose(explain(how, at()));
    }
}

void session::authenticate() {
    is_logging_in_ = true;
    ask(authenticate_method, authenticate_request(of_->as.user, of_->as.password), &session::take_token);
}

void session::take_token(bytes answer) {
    is_logging_in_ = false;
    *token_ = read_token(answer);
    meters_->tokens.add();
    probe();
}

// Asks a majority how far the store is: that the watch begins is no sign of that.
void session::probe() {
    ask(range_method, range_request(of_->ranges.front().begin, {}, {0, 1, true}), &session::take_probe);
}

void session::take_probe(bytes answer) {
    range_page page;
    if (!read_range(answer, page) || page.header.revision == 0) {
        meters_->malformed.add();
        return lose({"not_etcd", at().text + " answers something else than etcd"});
    }
    cluster_id_ = page.header.cluster_id;
    heard_at_ = host_.monotonic();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        rows_[i].of.meet(cluster_id_, page.header.revision);
        reached(i);
        if (!rows_[i].of.needs_listing()) {
            follow(i);
        }
    }
    meters_->connects.add();
    list_next();
}

void session::reached(std::size_t i) {
    if (!rows_[i].of.needs_listing()) {
        position_.touch();
        meters_->revision.set(static_cast<std::int64_t>(rows_[i].of.at()->revision));
    }
}

// A range that is yet to be told as it is keeps the position that it had.
void session::tell_positions(const std::function<void(std::string_view, std::string)>& take) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        const watch& of = rows_[i].of;
        if (of.at() && !of.needs_listing()) {
            take(keys_[i], to_text(*of.at()));
        }
    }
}

void session::lose(problem why) {
    if (!lost_) {
        lost_ = std::move(why);
    }
}

void session::close() {
    call_.cancel();
    heartbeat_.cancel();
    if (stream_ != 0) {
        client_->cancel(std::exchange(stream_, 0));
    }
    const auto now = host_.monotonic();
    if (is_following() && now - opened_at_ > steady_after) {
        pause_.reset();
    }
    client_.reset();
    listing_.reset();
    held_.clear();
    for (row& each : rows_) {
        each.now = phase::none;
    }
    failed_ = std::exchange(lost_, std::nullopt);
    meters_->failures.add();
    if (of_->endpoints.size() > 1) {
        current_ = (current_ + 1) % of_->endpoints.size();
        meters_->moves.add();
    }
    opens_at_ = now + (is_refusal(*failed_) ? refused_pause : pause_.next());
}

void session::finish() {
    position_.finish([this](const auto& take) { tell_positions(take); });
}

bool session::is_following() const noexcept {
    return std::all_of(rows_.begin(), rows_.end(), [](const row& each) { return each.now == phase::following; });
}

std::uint64_t session::revision(std::size_t i) const noexcept {
    const watch& of = rows_[i].of;
    return of.at() && !of.needs_listing() ? of.at()->revision : 0;
}

pollfd session::descriptor() const noexcept { return {client_ ? client_->fd() : -1, POLLIN, 0}; }

std::chrono::nanoseconds session::due() const noexcept {
    const bool has_reader = out_->has_reader_of_events();
    const bool is_stuck = !held_.empty() || (listing_ && listing_->next != listing_step::wait);
    if (lost_ || (is_stuck && has_reader)) {
        return 0ns;
    }
    auto due = position_.due();
    if (!client_ && has_reader) {
        due = std::min(due, opens_at_);
    }
    if (client_ && !is_following()) {
        due = std::min(due, host_.monotonic() + of_->request_timeout);
    } else if (client_ && !heartbeat_.is_running()) {
        due = std::min(due, heard_at_ + of_->heartbeat);
    }
    return due;
}

rpc::metadata session::headers() const {
    // Without a leader a member must not answer (etcd's rpctypes.MetadataRequireLeaderKey).
    rpc::metadata with{{"hasleader", "true"}};
    if (!token_->empty()) {
        with.emplace_back("token", *token_);
    }
    return with;
}

void session::judge() {
    meters_->is_connected.set(client_ && is_following() ? 1 : 0);
    if (is_in_use_) {
        state_ = {common::part_health::missing, "state_in_use",
                  position_.complaint() + "; set another state_name for this instance"};
    } else if (client_ && is_following()) {
        failed_.reset();
        if (!position_.complaint().empty()) {
            state_ = {common::part_health::limping, "position_not_kept",
                      position_.complaint() + "; a restart begins as without a position. Set state_dir"};
        } else if (!position_.finding().empty()) {
            state_ = {common::part_health::limping, "position_corrupt", position_.finding()};
        } else {
            state_ = {common::part_health::working, "", "watching " + at().text};
        }
    } else if (failed_) {
        state_ = {common::part_health::missing, failed_->reason, failed_->text};
    } else if (!client_ && !out_->has_reader_of_events()) {
        state_ = {common::part_health::working, "", "nobody reads events"};
    } else if (listing_) {
        state_ = {common::part_health::working, "", "listing what there is on " + at().text};
    } else {
        state_ = {common::part_health::starting, "", "connecting to " + at().text};
    }
}

}  // namespace sonde::etcd
