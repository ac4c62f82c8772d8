// SPDX-License-Identifier: Apache-2.0
#include "cni/result_source.hpp"

#include <algorithm>
#include <utility>

#include <sys/stat.h>

#include "cni/address_pool.hpp"
#include "cni/families.hpp"
#include "cni/files.hpp"

namespace sonde::cni {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t result_limit = 256U << 10U;
constexpr std::size_t lease_size = 4096;
constexpr std::size_t most_networks = 64;
constexpr std::chrono::nanoseconds quiet_time = 20ms;
constexpr std::chrono::nanoseconds longest_change = 200ms;
constexpr auto never = std::chrono::nanoseconds::max();
// The directories in the watcher.
constexpr std::size_t results_number = 0;
constexpr std::size_t networks_number = 1;

std::chrono::nanoseconds time_of(const std::string& path) {
    struct stat of{};
    return ::stat(path.c_str(), &of) == 0
               ? std::chrono::seconds(of.st_mtim.tv_sec) + std::chrono::nanoseconds(of.st_mtim.tv_nsec)
               : std::chrono::nanoseconds{};
}

}  // namespace

void result_source::start() {
    if (!of_->follows_results) {
        return;
    }
    if (auto opened = watcher_.open(); !opened) {
        host_.warn(opened.error().text);
    }
    watcher_.add_directory(of_->results_dir);
    watcher_.add_directory(of_->networks_dir);
    scan(true);
}

void result_source::turn(bool is_new_config) {
    if (!of_->follows_results) {
        return;
    }
    if (is_new_config) {
        for (auto& [name, each] : networks_) {
            each.is_pool_changed = true;
        }
        scans_at_ = std::min(scans_at_, host_.monotonic());
    }
    notice();
    if (scans_at_ <= host_.monotonic()) {
        scan(false);
    }
}

void result_source::notice() {
    bool has_changed = false;
    watcher_.drain([&](const auto& of) {
        has_changed = true;
        if (of.directory == results_number) {
            are_results_to_scan_ = are_results_to_scan_ || of.name.empty();
            changed_results_.emplace(of.name);
        } else if (of.directory == networks_number) {
            are_networks_to_scan_ = true;
        } else if (const auto at = watched_.find(of.directory); at != watched_.end()) {
            network& in = networks_[at->second];
            in.is_to_scan = in.is_to_scan || of.name.empty();
            in.changed.emplace(of.name);
        }
    });
    if (has_changed) {
        const auto now = host_.monotonic();
        changed_at_ = scans_at_ == never ? now : changed_at_;
        scans_at_ = std::min(now + quiet_time, changed_at_ + longest_change);
    }
}

void result_source::scan(bool is_first) {
    scans_at_ = never;
    std::uint64_t left_out = 0;
    if (std::exchange(are_results_to_scan_, false)) {
        for (const auto& [name, each] : results_) {
            changed_results_.insert(name);
        }
        for (std::string& name : read_directory(of_->results_dir, of_->lease_limit, left_out)) {
            changed_results_.insert(std::move(name));
        }
    }
    for (const std::string& name : std::exchange(changed_results_, {})) {
        look_at_result(name, is_first);
    }
    if (std::exchange(are_networks_to_scan_, false)) {
        follow_networks();
    }
    for (auto& [name, each] : networks_) {
        if (std::exchange(each.is_to_scan, false)) {
            for (const auto& known : each.leases) {
                each.changed.insert(known.first);
            }
            for (std::string& address : read_directory(of_->networks_dir + "/" + name, of_->lease_limit, left_out)) {
                each.changed.insert(std::move(address));
            }
        }
        for (const std::string& address : std::exchange(each.changed, {})) {
            look_at_lease(name, each, address, is_first);
        }
        if (std::exchange(each.is_pool_changed, false)) {
            tell_pools(name, each, is_first);
        }
    }
    meters_->left_out.add(left_out);
    meters_->results.set(static_cast<std::int64_t>(results_.size()));
    meters_->leases.set(static_cast<std::int64_t>(lease_count_));
    judge();
}

void result_source::look_at_result(const std::string& name, bool is_snapshot) {
    if (name.empty() || name.front() == '.') {
        return;
    }
    const auto known = results_.find(name);
    auto text = read_file(of_->results_dir + "/" + name, result_limit);
    if (!text) {
        if (known != results_.end()) {
            tell_result(schema::kind::result_removed, name, known->second, false);
            pods_->forget(known->second.container_id);
            results_.erase(known);
        }
        return;
    }
    if (known != results_.end() && known->second.text == text->text) {
        return;
    }
    if (known == results_.end() && results_.size() >= of_->lease_limit) {
        meters_->left_out.add();
        return;
    }
    event_.clear();
    if (!reader_.read(text->text, event_)) {
        meters_->results_malformed.add();
        return;
    }
    if (!pods_->learn(event_)) {
        meters_->left_out.add();
    }
    kept_result& now = results_[name];
    now = {std::move(text->text), std::string(event_.container_id)};
    tell_result(schema::kind::result_added, name, now, is_snapshot);
}

void result_source::tell_result(schema::kind what, const std::string& name, const kept_result& of, bool is_snapshot) {
    const std::string path = of_->results_dir + "/" + name;
    event_.clear();
    static_cast<void>(reader_.read(of.text, event_));  // it was read before
    event_.kind = what;
    event_.source = schema::source::state;
    event_.operation = what == schema::kind::result_added ? schema::operation::add : schema::operation::del;
    event_.success = true;
    event_.is_snapshot = is_snapshot;
    event_.path = path;
    event_.time = what == schema::kind::result_added ? time_of(path) : event_.time;
    pods_->complete(event_);
    out_->tell(event_);
}

void result_source::follow_networks() {
    std::uint64_t left_out = 0;
    for (const std::string& name : read_directory(of_->networks_dir, most_networks, left_out)) {
        struct stat found{};
        const std::string path = of_->networks_dir + "/" + name;
        if (networks_.contains(name) || ::stat(path.c_str(), &found) != 0 || !S_ISDIR(found.st_mode)) {
            continue;
        }
        if (networks_.size() >= most_networks) {
            ++left_out;
            continue;
        }
        networks_.emplace(name, network{});
        watched_.emplace(watcher_.add_directory(path), name);
    }
    meters_->left_out.add(left_out);
}

void result_source::look_at_lease(const std::string& name, network& in, const std::string& address, bool is_snapshot) {
    if (!read_address(address)) {
        return;  // its lock, or the last address that was given out
    }
    const auto known = in.leases.find(address);
    const auto text = read_file(of_->networks_dir + "/" + name + "/" + address, lease_size);
    if (!text) {
        if (known != in.leases.end()) {
            tell_lease(schema::kind::address_released, name, address, known->second, false);
            in.leases.erase(known);
            --lease_count_;
            in.is_pool_changed = true;
        }
        return;
    }
    // The container's id, and in newer versions a line with the interface's name.
    const std::size_t end = std::min(text->text.find_first_of("\r\n"), text->text.size());
    const std::size_t next = std::min(text->text.find_first_not_of("\r\n", end), text->text.size());
    const std::size_t last = std::min(text->text.find_first_of("\r\n", next), text->text.size());
    lease now{text->text.substr(0, end), text->text.substr(next, last - next)};
    if (known != in.leases.end()) {
        known->second = std::move(now);
        return;
    }
    if (lease_count_ >= of_->lease_limit) {
        meters_->left_out.add();
        return;
    }
    ++lease_count_;
    in.is_pool_changed = true;
    tell_lease(schema::kind::address_allocated, name, address, in.leases.emplace(address, std::move(now)).first->second,
               is_snapshot);
}

void result_source::tell_lease(schema::kind what, const std::string& name, const std::string& address, const lease& of,
                               bool is_snapshot) {
    const std::string path = of_->networks_dir + "/" + name + "/" + address;
    event_.clear();
    event_.kind = what;
    event_.source = schema::source::state;
    event_.plugin = "host-local";
    event_.family = "host-local";
    event_.network = name;
    event_.addresses.push_back(address);
    event_.container_id = of.container_id;
    event_.interface = of.interface;
    event_.path = path;
    event_.is_snapshot = is_snapshot;
    event_.time = what == schema::kind::address_allocated ? time_of(path) : event_.time;
    pods_->complete(event_);
    out_->tell(event_);
}

void result_source::add_pools(const std::string& name, const network& of, std::vector<pool_facts>& to) const {
    bool is_any = false;
    for (const address_range& range : configs_->ranges_of(name)) {
        const auto pool = address_pool::of(range);
        if (!pool) {
            continue;
        }
        is_any = true;
        const auto used = std::count_if(of.leases.begin(), of.leases.end(), [&pool](const auto& each) {
            const auto address = read_address(each.first);
            return address && pool->holds(*address);
        });
        to.push_back({name, range.subnet, static_cast<std::uint64_t>(used), pool->size()});
    }
    if (!is_any) {
        to.push_back({name, {}, of.leases.size(), 0});
    }
}

std::vector<pool_facts> result_source::pools() const {
    std::vector<pool_facts> all;
    for (const auto& [name, each] : networks_) {
        add_pools(name, each, all);
    }
    return all;
}

void result_source::tell_pools(const std::string& name, const network& of, bool is_snapshot) {
    std::vector<pool_facts> all;
    add_pools(name, of, all);
    for (const pool_facts& each : all) {
        event_.clear();
        event_.kind = schema::kind::pool;
        event_.source = schema::source::state;
        event_.plugin = "host-local";
        event_.family = "host-local";
        event_.network = each.network;
        event_.subnet = each.subnet;
        event_.has_pool = true;
        event_.pool_used = each.used;
        event_.pool_size = each.size;
        event_.is_snapshot = is_snapshot;
        out_->tell(event_);
    }
}

void result_source::tell_all() {
    for (const auto& [name, each] : results_) {
        tell_result(schema::kind::result_added, name, each, true);
    }
    for (const auto& [name, each] : networks_) {
        for (const auto& [address, known] : each.leases) {
            tell_lease(schema::kind::address_allocated, name, address, known, true);
        }
        tell_pools(name, each, true);
    }
}

void result_source::add_descriptor(std::vector<pollfd>& to) const {
    to.push_back({of_->follows_results ? watcher_.fd() : -1, POLLIN, 0});
}

void result_source::judge() {
    const bool is_there = watcher_.is_there(results_number) || watcher_.is_there(networks_number);
    state_ = is_there ? common::part_state{common::part_health::working, "",
                                           std::to_string(results_.size()) + " results, " +
                                               std::to_string(lease_count_) + " leases"}
                      : common::part_state{common::part_health::waiting, "no_results",
                                           "there is neither " + of_->results_dir + " nor " + of_->networks_dir};
}

}  // namespace sonde::cni
