// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/exclusions.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace sonde::ebpf::connection {
namespace {

bool read_number(std::string_view text, unsigned& value) noexcept {
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return fault == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::string_view trim(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool starts_with_word(std::string_view& text, std::string_view word) noexcept {
    const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
    if (text.size() < word.size() || !std::equal(word.begin(), word.end(), text.begin(), same)) {
        return false;
    }
    text = trim(text.substr(word.size()));
    return true;
}

bool share_prefix(const address& a, const address& b, unsigned bits) noexcept {
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
        return false;
    }
    const auto mask = static_cast<std::uint8_t>(0xff00u >> bits % 8);
    return bits % 8 == 0 || (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace

result<endpoint_rules::ports> endpoint_rules::parse_ports(std::string_view text) {
    const std::string whole(text);
    ports made;
    text = trim(text);
    if (starts_with_word(text, "tcp")) {
        made.is_udp = false;
    } else if (starts_with_word(text, "udp")) {
        made.is_tcp = false;
    }
    if (text == "*") {
        return made;
    }
    const std::size_t dash = text.find('-');
    unsigned first = 0;
    unsigned last = 0;
    const bool is_read = dash == std::string_view::npos ? read_number(text, first) && read_number(text, last)
                                                        : read_number(trim(text.substr(0, dash)), first) &&
                                                              read_number(trim(text.substr(dash + 1)), last);
    if (!is_read || first == 0 || last > 65535 || first > last) {
        return fail(errc::invalid, "\"" + whole + "\" is not a port: write *, 80, 80-90, TCP 80 or UDP 53");
    }
    made.first = static_cast<std::uint16_t>(first);
    made.last = static_cast<std::uint16_t>(last);
    return made;
}

result<endpoint_rules::rule> endpoint_rules::parse_address(std::string_view text) {
    rule made;
    if (text.find('*') != std::string_view::npos) {
        made.is_any = true;
        return made;
    }
    const std::size_t slash = text.find('/');
    const std::string ip(text.substr(0, slash));
    made.family = ip.find(':') == std::string::npos ? ip_family::ipv4 : ip_family::ipv6;
    const unsigned widest = made.family == ip_family::ipv4 ? 32 : 128;
    unsigned prefix = widest;
    if (::inet_pton(static_cast<int>(made.family), ip.c_str(), made.ip.data()) != 1 ||
        (slash != std::string_view::npos && (!read_number(text.substr(slash + 1), prefix) || prefix > widest))) {
        return fail(errc::invalid, "\"" + std::string(text) + "\" is not an address: write an IP address, a CIDR or *");
    }
    // Tuples are canonical, so the rule is too.
    tuple canonical{{made.ip, 0}, {made.ip, 0}, 0, made.family, transport::tcp};
    normalise(canonical);
    if (canonical.family != made.family && prefix >= 96) {
        made.ip = canonical.local.ip;
        made.family = canonical.family;
        prefix -= 96;
    }
    made.prefix = static_cast<std::uint8_t>(prefix);
    return made;
}

result<void> endpoint_rules::add(const exclusion_text& text) {
    auto made = parse_address(trim(text.address));
    if (!made) {
        return std::unexpected(made.error());
    }
    for (const std::string& port : text.ports) {
        const auto parsed = parse_ports(port);
        if (!parsed) {
            return std::unexpected(parsed.error());
        }
        if (made->is_any && parsed->first == 0) {
            return fail(errc::invalid, "any port of any address would exclude everything: name an address or a port");
        }
        made->of.push_back(*parsed);
    }
    if (made->of.empty()) {
        return fail(errc::invalid, "no port is given for \"" + text.address + "\": write * for all");
    }
    rules_.push_back(std::move(*made));
    return {};
}

bool endpoint_rules::match(const rule& of, const endpoint& end, ip_family family, transport over) noexcept {
    if (!of.is_any && (of.family != family || !share_prefix(of.ip, end.ip, of.prefix))) {
        return false;
    }
    return std::ranges::any_of(of.of, [&](const ports& range) {
        return (over == transport::tcp ? range.is_tcp : range.is_udp) && end.port >= range.first &&
               end.port <= range.last;
    });
}

bool endpoint_rules::match(const endpoint& end, ip_family family, transport over) const noexcept {
    return std::ranges::any_of(rules_, [&](const rule& of) { return match(of, end, family, over); });
}

bool exclusions::match(const tuple& of) const noexcept {
    if (!keeps_local_dns && is_loopback(of.remote.ip, of.family) &&
        std::ranges::find(dns_ports, of.remote.port) != dns_ports.end()) {
        return true;
    }
    return local.match(of.local, of.family, of.protocol) || remote.match(of.remote, of.family, of.protocol);
}

}  // namespace sonde::ebpf::connection
