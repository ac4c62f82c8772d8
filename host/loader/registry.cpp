// SPDX-License-Identifier: Apache-2.0
#include "loader/registry.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace sonde::loader {

namespace {

std::string label(const module_info& info) {
    return info.file.empty() ? fmt::format("the built-in module {}", info.id) : info.file.string();
}

refusal duplicate(reason why, const module_info& added, const module_info& known, const std::string& what) {
    return {label(added), why, fmt::format("it has the {}, and so has {}", what, label(known)),
            "this host takes the first of two in the order of directories and names",
            fmt::format("remove {} or {}", label(added), label(known))};
}

// Appends the components of `added` to `all`, or says which known module is in the way.
std::expected<void, refusal> append(std::vector<registered>& all, const module_ptr& added) {
    const module_info& info = added->info();
    for (const registered& known : all) {
        if (known.owner->info().id == info.id) {
            return std::unexpected(duplicate(reason::duplicate_id, info, known.owner->info(), "id " + info.id));
        }
    }
    const std::size_t before = all.size();
    for (const config::component_spec& spec : info.components) {
        const auto end = all.begin() + static_cast<std::ptrdiff_t>(before);
        const auto same = std::find_if(all.begin(), end, [&](const registered& known) {
            return known.spec.role == spec.role && known.spec.type == spec.type;
        });
        if (same != end) {
            return std::unexpected(duplicate(reason::duplicate_type, info, same->owner->info(),
                                             fmt::format("{} type {}", config::name(spec.role), spec.type)));
        }
        all.push_back({added, spec});
    }
    return {};
}

std::size_t remove(std::vector<registered>& all, const module_ptr& gone) {
    return std::erase_if(all, [&](const registered& each) { return each.owner == gone; });
}

}  // namespace

std::expected<void, refusal> registry::add(const module_ptr& added) {
    const std::lock_guard hold(mutex_);
    auto next = *current_;
    if (auto done = append(next, added); !done) {
        return done;
    }
    current_ = std::make_shared<const std::vector<registered>>(std::move(next));
    return {};
}

std::expected<void, refusal> registry::replace(const module_ptr& old, const module_ptr& added) {
    const std::lock_guard hold(mutex_);
    auto next = *current_;
    const bool was_there = remove(next, old) != 0;
    if (auto done = append(next, added); !done) {
        return done;
    }
    current_ = std::make_shared<const std::vector<registered>>(std::move(next));
    retired_ += was_there ? 1 : 0;
    return {};
}

void registry::retire(const module_ptr& retired) {
    const std::lock_guard hold(mutex_);
    auto next = *current_;
    if (remove(next, retired) != 0) {
        current_ = std::make_shared<const std::vector<registered>>(std::move(next));
        ++retired_;
    }
}

registry::snapshot registry::all() const {
    const std::lock_guard hold(mutex_);
    return current_;
}

const registered* registry::find(const snapshot& in, sonde::role role, std::string_view type) const noexcept {
    for (const registered& each : *in) {
        if (each.spec.role == role && each.spec.type == type) {
            return &each;
        }
    }
    return nullptr;
}

std::size_t registry::retired_count() const noexcept {
    const std::lock_guard hold(mutex_);
    return retired_;
}

}  // namespace sonde::loader
