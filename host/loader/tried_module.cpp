// SPDX-License-Identifier: Apache-2.0
#include "loader/tried_module.hpp"

#include <utility>

namespace sonde::loader {

tried_module::tried_module(module_info info, mapping map) : info_(std::move(info)), map_(std::move(map)) {}

std::expected<const sonde_component*, refusal> tried_module::component(sonde::role role, std::string_view type) const {
    const std::lock_guard hold(mutex_);
    if (!mapped_) {
        auto made = map_();
        if (!made) {
            return std::unexpected(std::move(made.error()));
        }
        mapped_ = std::move(*made);
    }
    return mapped_->component(role, type);
}

}  // namespace sonde::loader
