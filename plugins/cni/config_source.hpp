// SPDX-License-Identifier: Apache-2.0
// The directory of configurations. A change is told once, however many steps it took, with what differs. Used by the
// data thread.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <poll.h>

#include <sonde/collecting/file_follower/watcher.hpp>
#include <sonde/host.hpp>

#include "cni/config_file.hpp"
#include "cni/meters.hpp"
#include "cni/publisher.hpp"
#include "common/part_state.hpp"

namespace sonde::cni {

class config_source {
public:
    config_source(const host& on, std::string directory, bool is_on, bool tells, const meters& counted, publisher& out)
        : host_(on), directory_(std::move(directory)), is_on_(is_on), tells_(tells), meters_(&counted), out_(&out) {}

    void start();
    // True if something changed.
    bool turn();
    // Everything again, for somebody who subscribed.
    void tell_all();

    void add_descriptor(std::vector<pollfd>& to) const;
    [[nodiscard]] std::chrono::nanoseconds due() const noexcept { return scans_at_; }
    [[nodiscard]] const common::part_state& state() const noexcept { return state_; }
    // The ranges of host-local in a network's configuration.
    [[nodiscard]] std::vector<address_range> ranges_of(std::string_view network) const;
    [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }

private:
    struct file {
        std::string text;
        config_facts facts;
        std::string problem;  // why it could not be read
    };

    bool scan(bool is_first);
    void tell(schema::config_action what, const std::string& name, const file& now, const file* before);

    host host_;
    std::string directory_;
    bool is_on_;  // it is read
    bool tells_;  // and changes are told
    const meters* meters_;
    publisher* out_;
    collecting::file_follower::watcher watcher_;
    std::map<std::string, file> files_;
    std::chrono::nanoseconds scans_at_ = std::chrono::nanoseconds::max();
    std::chrono::nanoseconds changed_at_{};  // the first change since the last scan
    event event_;
    common::part_state state_;
};

}  // namespace sonde::cni
