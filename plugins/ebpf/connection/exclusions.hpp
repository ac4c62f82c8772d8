// SPDX-License-Identifier: Apache-2.0
// Connections that nobody wants to hear of: rules by address and port for either end. A rule is an address, a CIDR or
// "*", with a list of ports: "*", "80", "TCP 80", "udp 53-55". Immutable after parsing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sonde/result.hpp>

#include "ebpf/connection/tuple.hpp"

namespace sonde::ebpf::connection {

// One key of source_excludes or dest_excludes and its list.
struct exclusion_text {
    std::string address;
    std::vector<std::string> ports;
};

// Rules for one end.
class endpoint_rules final {
public:
    // One bad port refuses the whole rule, with the reason.
    [[nodiscard]] result<void> add(const exclusion_text& text);
    [[nodiscard]] bool match(const endpoint& end, ip_family family, transport over) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return rules_.empty(); }

private:
    struct ports {
        std::uint16_t first = 0;
        std::uint16_t last = 65535;
        bool is_tcp = true;
        bool is_udp = true;
    };
    struct rule {
        address ip{};
        ip_family family = ip_family::ipv4;
        std::uint8_t prefix = 0;
        bool is_any = false;
        std::vector<ports> of;
    };
    static result<ports> parse_ports(std::string_view text);
    static result<rule> parse_address(std::string_view text);
    static bool match(const rule& of, const endpoint& end, ip_family family, transport over) noexcept;

    std::vector<rule> rules_;
};

struct exclusions {
    endpoint_rules local;
    endpoint_rules remote;
    bool keeps_local_dns = false;  // DNS to a loopback address is skipped unless this is set
    std::vector<std::uint16_t> dns_ports = {53};

    [[nodiscard]] bool match(const tuple& of) const noexcept;
};

}  // namespace sonde::ebpf::connection
