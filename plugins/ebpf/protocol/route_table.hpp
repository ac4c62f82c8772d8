// SPDX-License-Identifier: Apache-2.0
// The templates of each service's paths, under small numbers. A service that has too many gets no more: further paths
// are "{other}", number 0, and counted. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sonde::ebpf::protocol {

struct route_limits {
    std::size_t services = 1000;
    std::size_t routes_per_service = 100;  // at most 65,535
};

// Since the start.
struct route_counts {
    std::uint64_t others = 0;            // requests given "{other}", for want of room for a route
    std::uint64_t dropped_services = 0;  // the same, for want of room for a service
};

class route_table final {
public:
    using number = std::uint16_t;
    static constexpr number other = 0;

    explicit route_table(route_limits limits = {}) : limits_(limits) {}

    // The route of a request target. What a service is, the caller knows.
    [[nodiscard]] number find(std::uint64_t service, std::string_view target);
    // "{other}" also if the service was forgotten. Holds until the service is.
    [[nodiscard]] std::string_view text(std::uint64_t service, number route) const;
    void forget(std::uint64_t service) { services_.erase(service); }

    [[nodiscard]] const route_counts& counts() const noexcept { return counts_; }

private:
    struct hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    struct routes {
        std::unordered_map<std::string, number, hash, std::equal_to<>> numbers;
        std::vector<std::string_view> texts;  // of the keys above
    };

    route_limits limits_;
    route_counts counts_;
    std::unordered_map<std::uint64_t, routes> services_;
};

}  // namespace sonde::ebpf::protocol
