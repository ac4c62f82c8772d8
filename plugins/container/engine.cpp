// SPDX-License-Identifier: Apache-2.0
#include "container/engine.hpp"

#include <algorithm>
#include <array>

namespace sonde::container {
namespace {

using namespace std::chrono_literals;

constexpr auto never = std::chrono::nanoseconds::max();
// After a container was made; entering a cgroup by a fork makes no sound on v1.
constexpr std::array<std::chrono::nanoseconds, 5> second_looks{20ms, 100ms, 500ms, 2s, 10s};

template <class Sources, class Do>
void each(const Sources& sources, Do&& act) {
    std::for_each(sources.begin(), sources.end(), [&](const auto& of) { act(*of); });
}

}  // namespace

engine::engine(const host& on, const option_values& values, const meters& counted, publisher& out, std::uint32_t seed)
    : host_(on), meters_(&counted), out_(&out),
      processes_(values.proc_root, find_cgroup_mounts(values.cgroup_root).unified),
      table_(values.container_limit, values.labels,
             [this](schema::action what, const container_row& row) { on_change(what, row); }),
      begun_(on.wall().count()) {
    sink& own = *this;  // a private base is only converted to in here
    if (values.reads_cgroups) {
        cgroups_ = std::make_unique<cgroup_source>(origin{source::cgroup, 0}, find_cgroup_mounts(values.cgroup_root),
                                                   processes_, own, values.directory_limit);
    }
    if (values.reads_state_files) {
        std::vector<state_place> places = usual_state_places(values.host_root);
        for (const std::string& root : values.runc_roots) {
            places.push_back({root, state_format::runc, 1, ""});
        }
        files_ = std::make_unique<state_source>(std::move(places), values.host_root, processes_, own,
                                                values.directory_limit);
    }
    const auto numbered = [&seed](const std::vector<std::string>& sockets, source kind, auto&& make) {
        for (std::size_t i = 0; i < sockets.size(); ++i) {
            make(origin{kind, static_cast<std::uint8_t>(i)}, sockets[i], ++seed);
        }
    };
    numbered(values.cri_sockets, source::cri, [&](origin as, const std::string& socket, std::uint32_t own_seed) {
        cri_.push_back(std::make_unique<cri_source>(
            as, cri_settings{socket, values.cri_poll_interval, values.container_limit, own_seed}, processes_, own));
    });
    numbered(values.containerd_sockets, source::containerd,
             [&](origin as, const std::string& socket, std::uint32_t own_seed) {
                 containerd_.push_back(std::make_unique<containerd_source>(as, socket, values.container_limit, own_seed,
                                                                           processes_, own));
             });
    numbered(values.docker_sockets, source::docker, [&](origin as, const std::string& socket, std::uint32_t own_seed) {
        docker_.push_back(
            std::make_unique<docker_source>(as, socket, values.container_limit, own_seed, processes_, own));
    });
    if (auto made = exit_watch::make(values.container_limit); made && processes_.sees_host()) {
        exits_.emplace(std::move(*made));
    }
}

result<void> engine::start() {
    if (cgroups_ != nullptr) {
        if (auto started = cgroups_->start(); !started) {
            return started;
        }
    }
    if (files_ != nullptr) {
        if (auto started = files_->start(); !started) {
            return started;
        }
    }
    turn();
    return {};
}

std::vector<pollfd> engine::descriptors() const {
    std::vector<pollfd> all;
    const auto add = [&](int fd) {
        if (fd >= 0) {
            all.push_back({fd, POLLIN, 0});
        }
    };
    add(cgroups_ != nullptr ? cgroups_->fd() : -1);
    add(files_ != nullptr ? files_->fd() : -1);
    add(exits_ ? exits_->fd() : -1);
    each(cri_, [&](const auto& of) { add(of.fd()); });
    each(containerd_, [&](const auto& of) { add(of.fd()); });
    each(docker_, [&](const auto& of) { add(of.fd()); });
    return all;
}

std::chrono::nanoseconds engine::wait() const {
    if (!ended_.empty()) {
        return 0ns;
    }
    auto due = never;
    each(cri_, [&](const auto& of) { due = std::min(due, of.due()); });
    each(containerd_, [&](const auto& of) { due = std::min(due, of.due()); });
    each(docker_, [&](const auto& of) { due = std::min(due, of.due()); });
    for (const auto& [id, of] : expected_) {
        due = std::min(due, of.due);
    }
    return due == never ? -1ns : std::max<std::chrono::nanoseconds>(due - host_.monotonic(), 0ns);
}

void engine::turn() {
    if (cgroups_ != nullptr) {
        cgroups_->drain();
    }
    if (files_ != nullptr) {
        files_->drain();
    }
    const auto now = host_.monotonic();
    each(cri_, [&](auto& of) { of.turn(now); });
    each(containerd_, [&](auto& of) { of.turn(now); });
    each(docker_, [&](auto& of) { of.turn(now); });
    take_exits();
    look_at_expected();
    spread_hints();
    settle_snapshot();
    count();
    out_->flush();
}

void engine::end(origin, std::string_view id, std::int64_t time, std::optional<std::int32_t> exit_code) {
    if (const container_row* const row = table_.find(id)) {
        table_.end(id, row->facts.init_pid, time, exit_code);
    }
}

void engine::on_change(schema::action what, const container_row& row) {
    const container_facts& facts = row.facts;
    const bool is_old = !is_synced_ || (what == schema::action::started && facts.started < begun_);
    out_->publish(what, row, is_old);
    has_news_ = has_news_ || row.by == source::cgroup || row.by == source::state_file;
    if (facts.state == run_state::created && what != schema::action::deleted) {
        expected_.try_emplace(facts.id, expectation{0, host_.monotonic() + second_looks.front()});
    } else {
        expected_.erase(facts.id);
    }
    if (!exits_) {
        return;
    }
    if (what == schema::action::deleted || facts.state == run_state::exited) {
        exits_->unwatch(facts.id);
    } else if (facts.init_pid != 0) {
        watch_process(row);
    }
}

void engine::watch_process(const container_row& row) {
    switch (exits_->watch(row.facts.id, row.facts.init_pid)) {
    case exit_watch::outcome::watched: return;
    case exit_watch::outcome::gone: ended_.push_back({row.facts.id, row.facts.init_pid, std::nullopt}); return;
    case exit_watch::outcome::full:
    case exit_watch::outcome::impossible: meters_->exits_unwatched.add(); return;
    }
}

// The first process as a runtime names it takes the whole container with it; the one that was merely found in its
// cgroup may not.
void engine::take_exits() {
    if (!exits_) {
        return;
    }
    exits_->drain([this](const std::string& id, std::uint32_t pid, std::optional<std::int32_t> exit_code) {
        ended_.push_back({id, pid, exit_code});
    });
    while (!ended_.empty()) {
        for (const ended& one : std::exchange(ended_, {})) {
            const container_row* const row = table_.find(one.id);
            if (row == nullptr) {
                continue;
            }
            if (row->process_by == source::cgroup && cgroups_ != nullptr) {
                cgroups_->process_ended(one.id, one.pid, one.exit_code);
            } else {
                table_.end(one.id, one.pid, now(), one.exit_code);
            }
        }
    }
}

void engine::look_at_expected() {
    const auto at_now = host_.monotonic();
    std::vector<std::string> due;
    for (auto at = expected_.begin(); at != expected_.end();) {
        expectation& of = at->second;
        if (of.due > at_now) {
            ++at;
            continue;
        }
        due.push_back(at->first);
        if (++of.attempts == second_looks.size()) {
            at = expected_.erase(at);
        } else {
            of.due = at_now + second_looks[of.attempts];
            ++at;
        }
    }
    for (const std::string& id : due) {
        if (cgroups_ != nullptr) {
            cgroups_->look_again(id);
        }
    }
}

void engine::spread_hints() {
    if (!std::exchange(has_news_, false)) {
        return;
    }
    const auto now = host_.monotonic();
    each(cri_, [&](auto& of) { of.hint(now); });
    each(containerd_, [&](auto& of) { of.hint(now); });
    each(docker_, [&](auto& of) { of.hint(now); });
}

// Nobody is still being asked for the first time.
bool engine::is_settled() const {
    const auto all = status();
    return std::none_of(all.begin(), all.end(),
                        [](const source_status& of) { return of.how == health_of_source::connecting; });
}

void engine::settle_snapshot() {
    if (!is_synced_) {
        if (is_settled()) {
            is_synced_ = true;
            out_->publish_synced(table_.size());
        }
        return;
    }
    if (std::exchange(wants_snapshot_, false)) {
        table_.for_each([this](const container_row& row) {
            const bool lives = row.facts.state == run_state::running || row.facts.state == run_state::paused;
            out_->publish(lives                                  ? schema::action::started
                          : row.facts.state == run_state::exited ? schema::action::exited
                                                                 : schema::action::updated,
                          row, true);
        });
        out_->publish_synced(table_.size());
    }
}

std::vector<source_status> engine::status() const {
    std::vector<source_status> all;
    each(cri_, [&](const auto& of) { all.push_back(of.status()); });
    each(containerd_, [&](const auto& of) { all.push_back(of.status()); });
    each(docker_, [&](const auto& of) { all.push_back(of.status()); });
    if (files_ != nullptr) {
        for (source_status& of : files_->status()) {
            all.push_back(std::move(of));
        }
    }
    if (cgroups_ != nullptr) {
        all.push_back(cgroups_->status());
    }
    return all;
}

// Counters of the host only grow by what is added: the sources' own are compared with the last time.
void engine::count() {
    std::array<std::uint64_t, source_count + 1> failures{};
    std::array<std::uint64_t, source_count + 1> requests{};
    std::array<std::uint64_t, source_count + 1> malformed{};
    const auto add = [&](source kind, const auto& of) {
        failures[static_cast<std::size_t>(kind)] += of.failures();
        requests[static_cast<std::size_t>(kind)] += of.requests();
        malformed[static_cast<std::size_t>(kind)] += of.malformed();
    };
    each(cri_, [&](const auto& of) { add(source::cri, of); });
    each(containerd_, [&](const auto& of) { add(source::containerd, of); });
    each(docker_, [&](const auto& of) { add(source::docker, of); });
    malformed[static_cast<std::size_t>(source::state_file)] = files_ != nullptr ? files_->malformed() : 0;
    for (std::size_t i = 1; i <= source_count; ++i) {
        meters_->failures[i].add(failures[i] - std::exchange(failures_[i], failures[i]));
        meters_->requests[i].add(requests[i] - std::exchange(requests_[i], requests[i]));
        meters_->malformed[i].add(malformed[i] - std::exchange(malformed_[i], malformed[i]));
    }
    const auto directories = [&](source kind, const directory_watch& of) {
        const auto i = static_cast<std::size_t>(kind);
        meters_->directories[i].set(static_cast<std::int64_t>(of.size()));
        meters_->directories_left_out[i].add(of.left_out() - std::exchange(left_out_[i], of.left_out()));
        meters_->overflows[i].add(of.overflows() - std::exchange(overflows_[i], of.overflows()));
    };
    if (cgroups_ != nullptr) {
        directories(source::cgroup, cgroups_->directories());
    }
    if (files_ != nullptr) {
        directories(source::state_file, files_->directories());
    }
    meters_->table_full.add(table_.left_out() - std::exchange(table_full_, table_.left_out()));
    meters_->containers.set(static_cast<std::int64_t>(table_.size()));
}

}  // namespace sonde::container
