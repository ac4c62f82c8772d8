// SPDX-License-Identifier: Apache-2.0
// What all sources of containers have in common: whom they tell, and how they say whether they work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "container/facts.hpp"

namespace sonde::container {

// Takes what sources tell.
class sink {
public:
    virtual void tell(origin by, container_facts facts) = 0;
    virtual void forget(origin by, std::string_view id) = 0;
    // All processes of the container have ended.
    virtual void end(origin by, std::string_view id, std::int64_t time, std::optional<std::int32_t> exit_code) = 0;
    virtual void begin_listing(origin by) = 0;
    virtual void end_listing(origin by) = 0;
    // The source does not answer any more.
    virtual void lose(origin by) = 0;

    [[nodiscard]] virtual std::int64_t now() const = 0;  // Unix ns

protected:
    ~sink() = default;
};

enum class health_of_source : std::uint8_t { absent, denied, failing, connecting, answering };
[[nodiscard]] constexpr std::string_view name(health_of_source of) noexcept {
    constexpr std::string_view names[] = {"absent", "denied", "failing", "connecting", "answering"};
    return names[static_cast<std::size_t>(of)];
}

struct source_status {
    origin of;
    std::string where;  // path of a socket or directory
    health_of_source how = health_of_source::absent;
    std::string text;  // why not, or what answers
};

}  // namespace sonde::container
