// SPDX-License-Identifier: Apache-2.0
// What runtimes and IPAM plugins keep in files: results, and the leases of host-local with the share of its pools that
// is in use. Used by the data thread.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/collecting/file_follower/watcher.hpp>
#include <sonde/host.hpp>

#include "cni/config_source.hpp"
#include "cni/meters.hpp"
#include "cni/options.hpp"
#include "cni/pods.hpp"
#include "cni/publisher.hpp"
#include "cni/result_file.hpp"
#include "common/part_state.hpp"

namespace sonde::cni {

struct pool_facts {
    std::string network;
    std::string subnet;  // empty: no configuration tells it
    std::uint64_t used = 0;
    std::uint64_t size = 0;
};

class result_source {
public:
    result_source(const host& on, const option_values& of, const meters& counted, publisher& out, pod_table& pods,
                  const config_source& configs)
        : host_(on), of_(&of), meters_(&counted), out_(&out), pods_(&pods), configs_(&configs) {}

    void start();
    // `is_new_config`: ranges may have changed.
    void turn(bool is_new_config);
    // Everything again, for somebody who subscribed.
    void tell_all();

    void add_descriptor(std::vector<pollfd>& to) const;
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return scans_at_; }
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    [[nodiscard]] std::vector<pool_facts> pools() const;
    [[nodiscard]] std::size_t results() const noexcept { return results_.size(); }

private:
    struct kept_result {
        std::string text;
        std::string container_id;
    };
    struct lease {
        std::string container_id;
        std::string interface;
    };
    struct network {
        std::map<std::string, lease> leases;  // by address
        std::set<std::string> changed;        // names to look at
        bool is_to_scan = true;
        bool is_pool_changed = true;
    };

    void notice();
    void scan(bool is_first);
    void look_at_result(const std::string& name, bool is_snapshot);
    void tell_result(schema::kind what, const std::string& name, const kept_result& of, bool is_snapshot);
    void follow_networks();
    void look_at_lease(const std::string& name, network& in, const std::string& address, bool is_snapshot);
    void tell_lease(schema::kind what, const std::string& name, const std::string& address, const lease& of,
                    bool is_snapshot);
    void add_pools(const std::string& name, const network& of, std::vector<pool_facts>& to) const;
    void tell_pools(const std::string& name, const network& of, bool is_snapshot);
    void judge();

    host host_;
    const option_values* of_;
    const meters* meters_;
    publisher* out_;
    pod_table* pods_;
    const config_source* configs_;
    collecting::file_follower::watcher watcher_;
    std::map<std::size_t, std::string> watched_;  // networks by directory
    std::map<std::string, kept_result> results_;  // by name of the file
    std::set<std::string> changed_results_;
    bool are_results_to_scan_ = true;
    bool are_networks_to_scan_ = true;
    std::map<std::string, network> networks_;
    std::size_t lease_count_ = 0;
    std::chrono::nanoseconds scans_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds changed_at_{};
    result_reader reader_;
    event event_;
    common::part_state state_;
};

}  // namespace sonde::cni
