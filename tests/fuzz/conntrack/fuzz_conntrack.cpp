// SPDX-License-Identifier: Apache-2.0
// Any bytes as a datagram of ctnetlink and as a route: every message is taken off whole, says the same alone as among
// others, names flows of a known kind in canonical form, and leaves the translation table in pairs.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <linux/netlink.h>

#include "ebpf/nat/conntrack_message.hpp"
#include "ebpf/nat/route_message.hpp"
#include "ebpf/nat/translation_table.hpp"

namespace {

using namespace sonde::ebpf::nat;
using sonde::ebpf::connection::address;
using sonde::ebpf::connection::ip_family;
using sonde::ebpf::connection::transport;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool is_canonical(const address& ip, ip_family family) {
    return (family == ip_family::ipv4 || family == ip_family::ipv6) &&
           std::all_of(ip.begin() + (family == ip_family::ipv4 ? 4 : 16), ip.end(),
                       [](auto byte) { return byte == 0; });
}

bool is_canonical(const flow& of) {
    return is_canonical(of.source.ip, of.family) && is_canonical(of.destination.ip, of.family) &&
           (of.protocol == transport::tcp || of.protocol == transport::udp);
}

bool is_connection(const conntrack_message& of) {
    return of.kind == message_kind::added || of.kind == message_kind::removed;
}

// Alone, in memory that ends where the message does.
void require_same_alone(std::span<const std::byte> bytes, const conntrack_message& told) {
    const std::vector<std::byte> copy(bytes.begin(), bytes.end());
    std::span<const std::byte> rest(copy);
    const conntrack_message again = take_message(rest);
    require(rest.empty() && again.kind == told.kind && again.original == told.original && again.reply == told.reply &&
            again.error == told.error && again.sequence == told.sequence);
}

void read_conntrack(std::span<const std::byte> datagram) {
    translation_table table(8);
    while (!datagram.empty()) {
        const auto before = datagram;
        const conntrack_message told = take_message(datagram);
        require(datagram.size() < before.size());
        require_same_alone(before.first(before.size() - datagram.size()), told);
        require((told.kind == message_kind::failed) == (told.error != 0));
        if (is_connection(told)) {
            require(is_canonical(told.original) && is_canonical(told.reply));
        }
        if (told.kind == message_kind::added) {
            table.put(1, told.original, told.reply, told.sequence);
        } else if (told.kind == message_kind::removed) {
            table.remove(1, told.original);
        }
        require(table.size() % 2 == 0 && table.size() <= 8);
    }
}

void read_as_route(std::span<const std::byte> datagram) {
    std::uint32_t sequence = 0;
    if (datagram.size() >= sizeof(nlmsghdr)) {
        std::memcpy(&sequence, datagram.data() + offsetof(nlmsghdr, nlmsg_seq), sizeof sequence);
    }
    const route_answer told = read_route(datagram, sequence);
    require(!told.is_route || told.is_ours);
    require(!told.next || (told.is_route && is_canonical(told.next->ip, told.next->family)));
    require(!read_route(datagram, sequence + 1).is_ours);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // As large as the input, so that the sanitizer sees a step beyond it; aligned as netlink headers are.
    std::vector<std::byte> bytes(size);
    std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
    read_conntrack(bytes);
    read_as_route(bytes);
    return 0;
}
