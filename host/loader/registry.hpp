// SPDX-License-Identifier: Apache-2.0
// The factories of all loaded modules, by role and type. `add` is the only door, for files and for static modules
// alike. Thread-safe: readers take an immutable snapshot, writers replace it.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "loader/module.hpp"
#include "loader/refusal.hpp"

namespace sonde::loader {

struct registered {
    module_ptr owner;
    config::component_spec spec;
};

class registry final {
public:
    using snapshot = std::shared_ptr<const std::vector<registered>>;

    // Registers every component of a module, or none: a duplicate id or type names both files.
    [[nodiscard]] std::expected<void, refusal> add(const module_ptr& added);
    // The same, with `old` taken out in the same step: an upgrade never leaves a gap, and a failed one changes nothing.
    [[nodiscard]] std::expected<void, refusal> replace(const module_ptr& old, const module_ptr& added);
    // Takes the module's components out; running instances keep it alive.
    void retire(const module_ptr& retired);

    [[nodiscard]] snapshot all() const;
    [[nodiscard]] const registered* find(const snapshot& in, sonde::role role, std::string_view type) const noexcept;
    // Modules that have been retired since the start; they stay mapped.
    [[nodiscard]] std::size_t retired_count() const noexcept;

private:
    mutable std::mutex mutex_;
    snapshot current_ = std::make_shared<const std::vector<registered>>();
    std::size_t retired_ = 0;
};

}  // namespace sonde::loader
