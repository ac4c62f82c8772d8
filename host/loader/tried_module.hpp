// SPDX-License-Identifier: Apache-2.0
// A module that is known by its trial alone: nothing of it is in this process until a component is asked for
// (docs/adr/0014).
#pragma once

#include <expected>
#include <functional>
#include <mutex>

#include "loader/module.hpp"

namespace sonde::loader {

class tried_module final : public module {
public:
    using mapping = std::function<std::expected<module_ptr, refusal>()>;

    // `info` is the trial's answer with file and digest; `map` makes the module itself.
    tried_module(module_info info, mapping map);

    [[nodiscard]] const module_info& info() const noexcept override { return info_; }
    // A failure is not remembered: who asks again tries again.
    [[nodiscard]] std::expected<const sonde_component*, refusal> component(sonde::role role,
                                                                           std::string_view type) const override;

private:
    module_info info_;
    mapping map_;
    mutable std::mutex mutex_;  // of mapped_; held while the plugin's init runs, which runs once
    mutable module_ptr mapped_;
};

}  // namespace sonde::loader
