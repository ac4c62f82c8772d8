// SPDX-License-Identifier: Apache-2.0
#include "ebpf/connection/direction.hpp"

#include <charconv>

namespace sonde::ebpf::connection {
namespace {

constexpr std::uint16_t first_unprivileged = 1024;

std::uint64_t place_of(std::uint32_t network_namespace, std::uint16_t port, transport over) noexcept {
    return std::uint64_t{network_namespace} << 32 | std::uint64_t{port} << 8 | static_cast<std::uint8_t>(over);
}

bool read_port(std::string_view& text, std::uint16_t& port) noexcept {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return fault == std::errc{} && port != 0;
}

}  // namespace

std::optional<port_range> parse_port_range(std::string_view text) noexcept {
    port_range range;
    if (!read_port(text, range.first) || !read_port(text, range.last) || range.first > range.last) {
        return std::nullopt;
    }
    return range;
}

void port_bindings::add(std::uint32_t network_namespace, std::uint16_t port, transport over) {
    const std::uint64_t where = place_of(network_namespace, port, over);
    if (const auto at = entries_.find(where); at != entries_.none) {
        ++entries_[at].count;
    } else if (entries_.insert({where, 1}) == entries_.none) {
        ++overflow_;
    }
}

void port_bindings::remove(std::uint32_t network_namespace, std::uint16_t port, transport over) noexcept {
    const auto at = entries_.find(place_of(network_namespace, port, over));
    if (at != entries_.none && --entries_[at].count == 0) {
        entries_.erase(at);
    }
}

bool port_bindings::contains(std::uint32_t network_namespace, std::uint16_t port, transport over) const noexcept {
    return entries_.find(place_of(network_namespace, port, over)) != entries_.none;
}

direction decide_direction(const row& of, const port_bindings& bindings) noexcept {
    if (of.is_way_told) {
        return of.way;
    }
    const tuple& key = of.who.key;
    return bindings.contains(key.network_namespace, key.local.port, key.protocol) ? direction::incoming
                                                                                  : direction::outgoing;
}

direction fix_direction(const row& of, bool is_intra_host, const port_range& ephemeral) noexcept {
    const tuple& key = of.who.key;
    const bool is_udp = key.protocol == transport::udp;
    if (of.is_way_told && !is_udp) {
        return of.way;
    }
    const bool from_ephemeral = ephemeral.contains(key.local.port);
    if (of.way == direction::outgoing && is_intra_host && !from_ephemeral && ephemeral.contains(key.remote.port)) {
        return direction::incoming;
    }
    const bool to_service = is_intra_host ? !ephemeral.contains(key.remote.port) : key.remote.port < first_unprivileged;
    if (of.way == direction::incoming && is_udp && from_ephemeral && to_service) {
        return direction::outgoing;
    }
    return of.way;
}

}  // namespace sonde::ebpf::connection
