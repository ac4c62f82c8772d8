// SPDX-License-Identifier: Apache-2.0
#include "cni/families.hpp"

#include <array>

namespace sonde::cni {
namespace {

struct mark {
    std::string_view text;
    std::string_view family;
};

// More specific ones first. In lower case.
constexpr std::array marks{
    mark{"cilium", "cilium"},
    mark{"calico", "calico"},
    mark{"felix", "calico"},
    mark{"flannel", "flannel"},
    mark{"weave", "weave"},
    mark{"aws-vpc", "aws-vpc"},
    mark{"aws-cni", "aws-vpc"},
    mark{"vpc-cni", "aws-vpc"},
    mark{"aws-node", "aws-vpc"},
    mark{"routed-eni-cni", "aws-vpc"},
    mark{"ipamd", "aws-vpc"},
    mark{"egress-cni", "aws-vpc"},
    mark{"azure", "azure"},
    mark{"cni-net]", "azure"},
    mark{"cni-ipam]", "azure"},
    mark{"gcp", "gcp"},
    mark{"gke", "gcp"},
    mark{"netd", "gcp"},
    mark{"google", "gcp"},
    mark{"multus", "multus"},
    mark{"host-device", "host-device"},
    mark{"macvlan", "macvlan"},
    mark{"ipvlan", "ipvlan"},
    mark{"host-local", "host-local"},
    mark{"portmap", "portmap"},
    mark{"loopback", "loopback"},
    mark{"bandwidth", "bandwidth"},
    mark{"firewall", "firewall"},
    mark{"bridge", "bridge"},
};
// Names that are words of other texts too, so only as whole names.
constexpr std::array names{
    mark{"ptp", "ptp"},
    mark{"vlan", "vlan"},
    mark{"dhcp", "dhcp"},
    mark{"static", "static"},
    mark{"tuning", "tuning"},
    mark{"sbr", "sbr"},
    mark{"vrf", "vrf"},
    mark{"dummy", "dummy"},
    mark{"tap", "tap"},
    mark{"antrea", "antrea"},
    mark{"ovn-k8s-cni-overlay", "ovn"},
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool begins_with(std::string_view text, std::string_view mark_text) noexcept {
    if (text.size() < mark_text.size()) {
        return false;
    }
    for (std::size_t i = 0; i < mark_text.size(); ++i) {
        if (lower(text[i]) != mark_text[i]) {
            return false;
        }
    }
    return true;
}

// First letters that a mark begins with.
constexpr auto first_letters = [] {
    std::array<bool, 256> set{};
    for (const mark& each : marks) {
        set[static_cast<unsigned char>(each.text.front())] = true;
        set[static_cast<unsigned char>(each.text.front() - ('a' - 'A'))] = is_letter(each.text.front());
    }
    return set;
}();

}  // namespace

std::string_view family_of_name(std::string_view name) noexcept {
    for (const mark& each : names) {
        if (name.size() == each.text.size() && begins_with(name, each.text)) {
            return each.family;
        }
    }
    return family_of_line(name);
}

std::string_view family_of_line(std::string_view line) noexcept {
    for (std::size_t i = 0; i < line.size(); ++i) {
        const bool begins_a_word = i == 0 || !is_letter(line[i - 1]);
        if (!begins_a_word || !first_letters[static_cast<unsigned char>(line[i])]) {
            continue;
        }
        for (const mark& each : marks) {
            if (begins_with(line.substr(i), each.text)) {
                return each.family;
            }
        }
    }
    return {};
}

}  // namespace sonde::cni
