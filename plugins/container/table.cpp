// SPDX-License-Identifier: Apache-2.0
#include "container/table.hpp"

#include <algorithm>
#include <array>

#include "common/container_id.hpp"

namespace sonde::container {
namespace {

constexpr std::size_t text_limit = 1024;
constexpr std::size_t path_limit = 4096;
constexpr std::size_t most_addresses = 16;
constexpr std::size_t most_ports = 64;

bool lives(run_state state) noexcept { return state == run_state::running || state == run_state::paused; }

template <class Value>
void complete(Value& known, const Value& from) {
    if (known == Value{}) {
        known = from;
    }
}

template <class Value>
std::string text_of(const Value& value) {
    if constexpr (std::is_same_v<Value, std::string>) {
        return value;
    } else {
        return std::to_string(value);
    }
}

// Completes one field, and notes where a poorer word differs.
template <class Value>
void complete_checked(container_row& row, Value container_facts::* field, const char* field_name,
                      const container_facts& from, source poorer, source better) {
    Value& known = row.facts.*field;
    if (known != Value{} && from.*field != Value{} && known != from.*field) {
        row.contradictions.push_back(std::string(field_name) + ": " + std::string(name(poorer)) + " " +
                                     text_of(from.*field) + ", " + std::string(name(better)) + " " + text_of(known));
    }
    complete(known, from.*field);
}

void complete_plain(container_facts& known, const container_facts& from) {
    complete(known.runtime, from.runtime);
    complete(known.image_tag, from.image_tag);
    complete(known.image_id, from.image_id);
    complete(known.sandbox_id, from.sandbox_id);
    complete(known.runtime_namespace, from.runtime_namespace);
    complete(known.cgroup_path, from.cgroup_path);
    complete(known.labels, from.labels);
    complete(known.ip_addresses, from.ip_addresses);
    complete(known.ports, from.ports);
    complete(known.created, from.created);
    complete(known.started, from.started);
    complete(known.cgroup_id, from.cgroup_id);
    complete(known.type, from.type);
    complete(known.restart_count, from.restart_count);
    complete(known.init_pid, from.init_pid);
    if (known.network_namespace == 0) {
        known.network_namespace = from.network_namespace;
    }
    known.is_host_network = known.is_host_network || from.is_host_network;
}

}  // namespace

std::string_view name(source of) noexcept {
    static constexpr std::array<std::string_view, source_count + 1> names{"",       "cri",        "containerd",
                                                                          "docker", "state_file", "cgroup"};
    return names[static_cast<std::size_t>(of)];
}

std::string_view name(run_state of) noexcept {
    static constexpr std::array<std::string_view, 5> names{"unknown", "created", "running", "paused", "exited"};
    return names[static_cast<std::size_t>(of)];
}

table::table(std::size_t limit, std::vector<std::string> labels, listener to)
    : limit_(limit), labels_(labels.begin(), labels.end()), listener_(std::move(to)) {}

void table::keep_bounds(container_facts& facts) const {
    std::erase_if(facts.labels, [this](const auto& each) { return !labels_.contains(each.first); });
    std::sort(facts.labels.begin(), facts.labels.end());
    for (auto& [key, value] : facts.labels) {
        value.resize(std::min(value.size(), text_limit));
    }
    for (auto* const text :
         {&facts.name, &facts.runtime, &facts.image_name, &facts.image_tag, &facts.image_id, &facts.pod_uid,
          &facts.pod_name, &facts.pod_namespace, &facts.sandbox_id, &facts.runtime_namespace}) {
        text->resize(std::min(text->size(), text_limit));
    }
    facts.cgroup_path.resize(std::min(facts.cgroup_path.size(), path_limit));
    facts.ip_addresses.resize(std::min(facts.ip_addresses.size(), most_addresses));
    facts.ports.resize(std::min(facts.ports.size(), most_ports));
}

void table::tell(origin by, container_facts facts) {
    keep_bounds(facts);
    auto at = rows_.find(facts.id);
    const bool is_new = at == rows_.end();
    if (is_new) {
        // One source may hear of an end when all others have forgotten it.
        if (facts.state == run_state::exited && std::ranges::find(buried_, facts.id) != buried_.end()) {
            return;
        }
        if (rows_.size() >= limit_) {
            ++left_out_;
            return;
        }
        at = rows_.emplace(facts.id, entry{}).first;
    }
    entry& of = at->second;
    auto place = std::lower_bound(of.words.begin(), of.words.end(), by,
                                  [](const word& each, origin wanted) { return each.by < wanted; });
    if (place == of.words.end() || place->by != by) {
        place = of.words.insert(place, {by, {}, 0, true});
    }
    const bool is_news = place->turn == 0 || place->facts.state != facts.state ||
                         place->facts.init_pid != facts.init_pid || place->facts.started != facts.started;
    place->turn = is_news ? ++turn_ : place->turn;
    place->facts = std::move(facts);
    place->is_listed = true;
    const container_facts before = of.row.facts;
    merge(of);
    of.row.by = by.kind;
    tell_change(of, before, is_new);
}

// What was said before the end is over with it, and so is what is said later of a process that ended then.
bool table::is_over(const entry& of, const word& each) {
    if (!of.ended) {
        return false;
    }
    return each.turn <= of.ended->turn ||
           (each.facts.init_pid != 0 ? each.facts.init_pid == of.ended->pid : each.facts.started <= of.ended->time);
}

bool table::runs_again(const entry& of) {
    return std::ranges::any_of(of.words,
                               [&](const word& each) { return lives(each.facts.state) && !is_over(of, each); });
}

// The latest word counts, whoever spoke it: a runtime that is asked now and then learns of an end after the kernel.
// "Created" is what is said before anything happens, and never overrules.
void table::settle_state(entry& of) {
    container_facts& facts = of.row.facts;
    const word* latest = nullptr;
    bool was_created = false;
    for (const word& each : of.words) {
        was_created = was_created || each.facts.state == run_state::created;
        const bool counts = lives(each.facts.state) || each.facts.state == run_state::exited;
        if (counts && (latest == nullptr || each.turn > latest->turn)) {
            latest = &each;
        }
    }
    facts.state = was_created ? run_state::created : run_state::unknown;
    if (latest != nullptr) {
        facts.state = lives(latest->facts.state) && is_over(of, *latest) ? run_state::exited : latest->facts.state;
    }
    if (of.ended && facts.state != run_state::running && facts.state != run_state::paused) {
        facts.state = run_state::exited;
    }
    facts.finished = 0;
    facts.exit_code.reset();
    if (facts.state != run_state::exited) {
        return;
    }
    for (const word& each : of.words) {
        if (each.facts.state == run_state::exited) {
            complete(facts.finished, each.facts.finished);
            complete(facts.exit_code, each.facts.exit_code);
        }
    }
    if (of.ended) {
        complete(facts.finished, of.ended->time);
        complete(facts.exit_code, of.ended->exit_code);
    }
}

void table::merge(entry& of) const {
    container_row& row = of.row;
    const std::string id = of.words.empty() ? row.facts.id : of.words.front().facts.id;
    row.facts = {};
    row.facts.id = id;
    row.known_by.clear();
    row.contradictions.clear();
    const bool is_restarted = of.ended && runs_again(of);
    for (const word& each : of.words) {
        const source better = row.known_by.empty() ? each.by.kind : row.known_by.front();
        container_facts from = each.facts;
        if (is_restarted && from.init_pid == of.ended->pid) {
            from.init_pid = 0;  // of the run before
        }
        complete_checked(row, &container_facts::name, "name", from, each.by.kind, better);
        complete_checked(row, &container_facts::image_name, "image_name", from, each.by.kind, better);
        complete_checked(row, &container_facts::pod_uid, "pod_uid", from, each.by.kind, better);
        complete_checked(row, &container_facts::pod_name, "pod_name", from, each.by.kind, better);
        complete_checked(row, &container_facts::pod_namespace, "pod_namespace", from, each.by.kind, better);
        if (row.facts.init_pid == 0 && from.init_pid != 0) {
            row.process_by = each.by.kind;
        }
        if (each.by.kind != source::cgroup) {  // which may take another process for the first one
            complete_checked(row, &container_facts::init_pid, "init_pid", from, each.by.kind, better);
        }
        complete_plain(row.facts, from);
        if (row.known_by.empty() || row.known_by.back() != each.by.kind) {
            row.known_by.push_back(each.by.kind);
        }
    }
    if (row.facts.pod_uid.empty()) {
        row.facts.pod_uid = common::pod_uid(row.facts.cgroup_path);
    }
    settle_state(of);
    if (row.facts.init_pid == 0 && of.ended) {
        row.facts.init_pid = of.ended->pid;
    }
}

void table::tell_change(entry& of, const container_facts& before, bool is_new) {
    const container_facts& now = of.row.facts;
    using enum schema::action;
    if (lives(now.state) && !lives(before.state)) {
        of.ended.reset();
        listener_(started, of.row);
    } else if (now.state == run_state::exited && before.state != run_state::exited) {
        if (!of.ended) {
            of.ended = ending{now.init_pid, now.finished, now.exit_code, turn_};
        }
        listener_(exited, of.row);
    } else if (is_new || now != before) {
        listener_(updated, of.row);
    }
}

table::entries::iterator table::forget(entries::iterator at, origin by) {
    entry& of = at->second;
    if (std::erase_if(of.words, [by](const word& each) { return each.by == by; }) == 0) {
        return std::next(at);
    }
    of.row.by = by.kind;
    if (of.words.empty()) {
        if (lives(of.row.facts.state)) {
            of.row.facts.state = run_state::exited;
            listener_(schema::action::exited, of.row);
        }
        listener_(schema::action::deleted, of.row);
        buried_.push_back(at->first);
        if (buried_.size() > most_buried) {
            buried_.pop_front();
        }
        return rows_.erase(at);
    }
    const container_facts before = of.row.facts;
    merge(of);
    tell_change(of, before, false);
    return std::next(at);
}

void table::forget(origin by, std::string_view id) {
    if (const auto at = rows_.find(id); at != rows_.end()) {
        static_cast<void>(forget(at, by));
    }
}

void table::end(std::string_view id, std::uint32_t pid, std::int64_t time, std::optional<std::int32_t> exit_code) {
    const auto at = rows_.find(id);
    if (at == rows_.end() || at->second.row.facts.init_pid != pid) {
        return;
    }
    entry& of = at->second;
    if (of.ended && of.ended->pid == pid) {
        complete(of.ended->time, time);
        complete(of.ended->exit_code, exit_code);
    } else {
        of.ended = ending{pid, time, exit_code, turn_};
    }
    const container_facts before = of.row.facts;
    merge(of);
    tell_change(of, before, false);
}

void table::begin_listing(origin by) {
    for (auto& [id, of] : rows_) {
        for (word& each : of.words) {
            each.is_listed = each.is_listed && each.by != by;
        }
    }
}

void table::end_listing(origin by) {
    for (auto at = rows_.begin(); at != rows_.end();) {
        const auto& words = at->second.words;
        const bool is_unlisted = std::any_of(words.begin(), words.end(),
                                             [by](const word& each) { return each.by == by && !each.is_listed; });
        at = is_unlisted ? forget(at, by) : std::next(at);
    }
}

void table::forget_ended(origin by) {
    for (auto at = rows_.begin(); at != rows_.end();) {
        const entry& of = at->second;
        const bool is_alone = of.words.size() == 1 && of.words.front().by == by;
        at = is_alone && of.row.facts.state == run_state::exited ? forget(at, by) : std::next(at);
    }
}

const container_row* table::find(std::string_view id) const {
    const auto at = rows_.find(id);
    return at == rows_.end() ? nullptr : &at->second.row;
}

void table::for_each(const std::function<void(const container_row&)>& take) const {
    for (const auto& [id, of] : rows_) {
        take(of.row);
    }
}

}  // namespace sonde::container
