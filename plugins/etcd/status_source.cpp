// SPDX-License-Identifier: Apache-2.0
#include "etcd/status_source.hpp"

#include <algorithm>

namespace sonde::etcd {
namespace {

namespace rpc = common::grpc;

constexpr auto never = std::chrono::nanoseconds::max();

// "NOSPACE of m1, CORRUPT of m2"
std::string alarms_text(const std::vector<member_facts>& all) {
    std::string text;
    for (const member_facts& each : all) {
        for (const std::string& alarm : each.alarms) {
            text.append(text.empty() ? "" : ", ").append(alarm).append(" of ");
            text.append(each.name.empty() ? each.endpoint : each.name);
        }
    }
    return text;
}

// Only who it is.
member_facts asked_anew(const member_facts& before) {
    member_facts now;
    now.endpoint = before.endpoint;
    now.name = before.name;
    now.is_asked = true;
    return now;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each; });
    return text;
}

}  // namespace

status_source::status_source(const host& on, const option_values& of, const meters& counted, publisher& out,
                             const std::string& token)
    : host_(on), of_(&of), meters_(&counted), out_(&out), token_(&token) {
    for (const endpoint& each : of.endpoints) {
        connections_.push_back(std::make_unique<connection>());
        facts_.emplace_back().endpoint = each.text;
        member_meters_.emplace_back(on, each);
    }
    const bool is_on = of.status_interval.count() > 0;
    due_ = is_on ? std::chrono::nanoseconds{} : never;
    state_.health = is_on ? common::part_health::starting : common::part_health::off;
}

void status_source::turn() {
    for (const auto& each : connections_) {
        if (each->client) {
            each->client->drive();
        }
        if (std::exchange(each->is_broken, false)) {
            each->call.cancel();
            each->client.reset();
        }
    }
    if (due_ <= host_.monotonic() && open_ == 0) {
        begin();
    }
    if (std::exchange(wants_snapshot_, false)) {
        for (const member_facts& each : facts_) {
            if (each.is_asked) {
                out_->status(each, true);
            }
        }
    }
}

void status_source::begin() {
    due_ = host_.monotonic() + of_->status_interval;
    asked_ = facts_;
    open_ = connections_.size();
    for (std::size_t i = 0; i < connections_.size(); ++i) {
        ask(i);
    }
}

void status_source::ask(std::size_t i) {
    connection& own = *connections_[i];
    if (!own.client) {
        auto made = connect(of_->endpoints[i], of_->connection);
        if (!made) {
            fail(i, {"tls_files", made.error().message()});
            return answered();
        }
        own.client.emplace(std::move(*made));
    }
    own.call.start(*own.client, {std::string(status_method), {}, headers(), of_->status_timeout, false},
                   [this, i](const rpc::outcome& how, bytes answer) { take(i, how, answer); });
}

void status_source::fail(std::size_t i, problem why) {
    meters_->status_failures.add();
    member_facts lost = asked_anew(asked_[i]);
    lost.reason = std::move(why.reason);
    lost.failure = std::move(why.text);
    asked_[i] = std::move(lost);
    connections_[i]->is_broken = true;
}

void status_source::take(std::size_t i, const rpc::outcome& how, bytes answer) {
    member_facts now = asked_anew(asked_[i]);
    now.is_reachable = true;
    if (how.why != rpc::code::ok) {
        fail(i, explain(how, of_->endpoints[i]));
    } else if (!read_status(answer, now.status)) {
        meters_->malformed.add();
        fail(i, {"not_etcd", of_->endpoints[i].text + " answers something else than etcd"});
    } else {
        now.alarms = alarms_of(now.status.header.member_id, now.status.errors);
        asked_[i] = std::move(now);
    }
    answered();
}

void status_source::answered() {
    if (--open_ == 0) {
        ask_members();
    }
}

void status_source::ask_members() {
    const auto first =
        std::find_if(asked_.begin(), asked_.end(), [](const member_facts& each) { return each.is_reachable; });
    if (first == asked_.end()) {
        return tell();
    }
    connection& own = *connections_[static_cast<std::size_t>(first - asked_.begin())];
    open_ = 1;
    own.call.start(*own.client, {std::string(members_method), {}, headers(), of_->status_timeout, false},
                   [this](const rpc::outcome& how, bytes answer) {
                       std::vector<member> all;
                       if (how.why == rpc::code::ok && read_members(answer, all)) {
                           members_ = std::move(all);
                       } else {
                           meters_->status_failures.add();
                       }
                       open_ = 0;
                       tell();
                   });
}

void status_source::tell() {
    compare(asked_, members_);
    facts_ = std::move(asked_);
    std::size_t alarms = 0;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
        const member_facts& of = facts_[i];
        const member_meters& to = member_meters_[i];
        to.is_reachable.set(of.is_reachable ? 1 : 0);
        to.has_leader.set(of.status.leader_id != 0 ? 1 : 0);
        to.is_leader.set(of.is_reachable && of.status.leader_id == of.status.header.member_id ? 1 : 0);
        to.db_size.set(static_cast<std::int64_t>(of.status.db_size));
        to.db_size_in_use.set(static_cast<std::int64_t>(of.status.db_size_in_use));
        to.raft_index.set(static_cast<std::int64_t>(of.status.raft_index));
        to.raft_lag.set(static_cast<std::int64_t>(of.raft_lag));
        alarms += of.alarms.size();
        out_->status(of, false);
    }
    meters_->alarms.set(static_cast<std::int64_t>(alarms));
    meters_->members.set(static_cast<std::int64_t>(members_.size()));
    judge();
}

void status_source::judge() {
    const auto lost =
        std::find_if(facts_.begin(), facts_.end(), [](const member_facts& of) { return !of.is_reachable; });
    const auto reachable =
        std::find_if(facts_.begin(), facts_.end(), [](const member_facts& of) { return of.is_reachable; });
    const bool has_leader = std::any_of(facts_.begin(), facts_.end(), [](const member_facts& of) {
        return of.is_reachable && of.status.leader_id != 0;
    });
    const auto alarmed =
        std::find_if(facts_.begin(), facts_.end(), [](const member_facts& of) { return !of.alarms.empty(); });
    if (reachable == facts_.end()) {
        state_ = {common::part_health::missing, lost->reason, lost->failure};
    } else if (!has_leader) {
        state_ = {common::part_health::limping, "no_leader",
                  "no member knows a leader: the cluster has lost its majority, or elects"};
    } else if (alarmed != facts_.end()) {
        const std::string& alarm = alarmed->alarms.front();
        state_ = {common::part_health::limping, "alarm_" + lower(alarm),
                  "the cluster has raised " + alarms_text(facts_) +
                      (alarm == "NOSPACE" ? ": it refuses to write. Compact and defragment it or raise its quota, then "
                                            "run etcdctl alarm disarm"
                                          : ". See etcdctl alarm list")};
    } else if (lost != facts_.end()) {
        state_ = {common::part_health::limping, "member_" + lost->reason, lost->failure};
    } else {
        state_ = {common::part_health::working, "", std::to_string(facts_.size()) + " members answer"};
    }
}

std::chrono::nanoseconds status_source::due() const noexcept {
    if (wants_snapshot_) {
        return {};
    }
    return open_ == 0 ? due_ : never;
}

void status_source::add_descriptors(std::vector<pollfd>& to) const {
    for (const auto& each : connections_) {
        to.push_back({each->client ? each->client->fd() : -1, POLLIN, 0});
    }
}

rpc::metadata status_source::headers() const {
    return token_->empty() ? rpc::metadata{} : rpc::metadata{{"token", *token_}};
}

}  // namespace sonde::etcd
