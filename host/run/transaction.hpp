// SPDX-License-Identifier: Apache-2.0
// A configuration change in progress: what is to become of each instance, and whom to tell.
#pragma once

#include "config/diff.hpp"
#include "config/document.hpp"
#include "config/load.hpp"
#include "run/supervisor.hpp"

namespace sonde::run {

struct supervisor::transaction {
    config::document document;
    config::environment env;
    config::values_by_instance values;
    config::difference changes;
    reply done;

    [[nodiscard]] const config::instance_config* config_of(std::string_view name) const noexcept {
        for (const auto& each : document.instances) {
            if (each.name == name) {
                return &each;
            }
        }
        return nullptr;
    }
};

}  // namespace sonde::run
