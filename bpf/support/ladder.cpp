// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/ladder.hpp"

#include <algorithm>
#include <utility>

namespace sonde::bpf {
namespace {

bool is_of(const rung& at, std::string_view set) noexcept { return at.set != nullptr && set == at.set; }

}  // namespace

ladder::ladder(std::vector<hook> hooks, std::span<const std::string> without)
    : hooks_(std::move(hooks)), without_(without.begin(), without.end()), progress_(hooks_.size()) {
    for (std::size_t pass = 0; pass < 2; ++pass) {  // the second for sets that the first found broken
        for (std::size_t i = 0; i < hooks_.size(); ++i) {
            skip_unwanted(i);
        }
    }
}

const rung* ladder::chosen(std::size_t index) const noexcept {
    const auto& rungs = hooks_[index].rungs;
    const std::size_t next = progress_[index].next;
    return next < rungs.size() ? &rungs[next] : nullptr;
}

bool ladder::is_chosen(std::string_view program) const noexcept {
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
        if (const rung* at = chosen(i); at != nullptr && program == at->program) {
            return true;
        }
    }
    return false;
}

bool ladder::has_any() const noexcept {
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
        if (chosen(i) != nullptr) {
            return true;
        }
    }
    return false;
}

bool ladder::refuse(std::string_view program, const std::string& reason, const std::string& log) {
    bool found = false;
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
        if (const rung* at = chosen(i); at != nullptr && program == at->program) {
            step_down(i, reason, log);
            found = true;
        }
    }
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
        skip_unwanted(i);
    }
    return found;
}

void ladder::refuse_all(const std::string& reason) {
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
        while (chosen(i) != nullptr) {
            step_down(i, reason, {});
        }
    }
}

std::vector<hook_outcome> ladder::outcomes() const {
    std::vector<hook_outcome> all;
    all.reserve(hooks_.size());
    for (std::size_t i = 0; i < hooks_.size(); ++i) {
        const rung* at = chosen(i);
        all.push_back(
            {hooks_[i].name, at != nullptr ? at->program : "", at != nullptr ? at->kind : "", progress_[i].refused});
    }
    return all;
}

void ladder::step_down(std::size_t index, std::string reason, std::string log) {
    const rung& at = *chosen(index);
    const auto rest = std::span(hooks_[index].rungs).subspan(++progress_[index].next);
    progress_[index].refused.push_back({at.program, at.kind, std::move(reason), std::move(log)});
    if (at.set != nullptr && std::ranges::none_of(rest, [&](const rung& each) { return is_of(each, at.set); })) {
        broken_sets_.emplace_back(at.set);
    }
    skip_unwanted(index);
}

bool ladder::is_broken(const rung& at) const noexcept {
    return std::ranges::any_of(broken_sets_, [&](std::string_view set) { return is_of(at, set); });
}

void ladder::skip_unwanted(std::size_t index) {
    const rung* at = chosen(index);
    if (at == nullptr) {
        return;
    }
    if (std::find(without_.begin(), without_.end(), at->kind) != without_.end()) {
        step_down(index, "switched off by configuration", {});
    } else if (is_broken(*at)) {
        step_down(index, std::string("does not work without the other programs of ") + at->set, {});
    }
}

}  // namespace sonde::bpf
