// SPDX-License-Identifier: Apache-2.0
#include "host/sampler.hpp"

#include <algorithm>

namespace sonde::host_metrics {

sampler::sampler(const sonde::host& on, const meters& counted, publisher& out, const option_values& with)
    : host_(on), meters_(&counted), out_(&out), root_path_(with.root_path), proc_root_(with.proc_root),
      tags_(with.tags), inputs_(proc_files(with.proc_root, with.sys_root)) {
    for (std::size_t i = 0; i < group_count; ++i) {
        if (std::ranges::find(with.groups, group_names[i]) != with.groups.end()) {
            groups_[i] = make_group(static_cast<group_kind>(i), with);
        }
    }
}

void sampler::scan() {
    const auto began = host_.monotonic();
    inputs_.begin(static_cast<std::uint64_t>(host_.wall().count()));
    for (std::size_t i = 0; i < group_count; ++i) {
        if (groups_[i] == nullptr) {
            continue;
        }
        const meters::of_group& counted = meters_->groups[i];
        group_report report = groups_[i]->read(inputs_);
        counted.scans.add();
        counted.failures.add(report.problem ? 1 : 0);
        counted.malformed.add(report.malformed);
        counted.skipped.add(report.skipped);
        problems_[i] = std::move(report.problem);
        if (report.has_points) {
            out_->publish(static_cast<group_kind>(i), *groups_[i], inputs_.boot_time());
        }
    }
    meters_->scan_duration.set((host_.monotonic() - began).count());
}

void sampler::tell_host(bool is_snapshot) {
    common::host_identity found = common::read_host_identity({root_path_ + "/etc", proc_root_});
    if (!is_snapshot && told_ == found) {
        return;
    }
    out_->publish(found, tags_, inputs_.boot_time(), is_snapshot);
    meters_->host_events.add();
    told_ = std::move(found);
}

std::optional<sampler::trouble> sampler::problem() const {
    std::optional<trouble> found;
    for (std::size_t i = 0; i < group_count; ++i) {
        if (!problems_[i]) {
            continue;
        }
        if (!found) {
            found.emplace(std::string(group_names[i]), std::string());
        } else {
            found->text += "; ";
        }
        found->text += std::string(group_names[i]) + ": " + problems_[i]->message();
    }
    return found;
}

}  // namespace sonde::host_metrics
