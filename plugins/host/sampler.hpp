// SPDX-License-Identifier: Apache-2.0
// One scan after the other: reads each group that is wanted, publishes it, and knows what was missing. Used by the data
// thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "host/meters.hpp"
#include "host/publisher.hpp"

namespace sonde::host_metrics {

class sampler {
public:
    sampler(const sonde::host& on, const meters& counted, publisher& out, const option_values& with);

    void scan();
    // Tells what is known of the host if that is news, or in any case for a new subscriber.
    void tell_host(bool is_snapshot);

    // What the last scan lacked: the first group's name and "group: text; ..." of all. Nothing: all is well.
    struct trouble {
        std::string group;
        std::string text;
    };
    [[nodiscard]] std::optional<trouble> problem() const;

private:
    sonde::host host_;
    const meters* meters_;
    publisher* out_;
    std::string root_path_;
    std::string proc_root_;
    publisher::tags tags_;
    scan_inputs inputs_;
    std::array<std::unique_ptr<group>, group_count> groups_;  // null: not wanted
    std::array<std::optional<error>, group_count> problems_;
    std::optional<common::host_identity> told_;
};

}  // namespace sonde::host_metrics
