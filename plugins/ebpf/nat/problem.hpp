// SPDX-License-Identifier: Apache-2.0
// Why translations or routes cannot be had: for the instance's status. Nothing here ends the instance.
#pragma once

#include <string>

namespace sonde::ebpf::nat {

struct problem {
    std::string reason;  // lower_snake_case, stable
    std::string text;    // says what the reader can change
    bool is_permanent = true;
};

// `error` is the errno of opening a netlink socket in a network namespace or of asking conntrack.
[[nodiscard]] problem explain(int error);

}  // namespace sonde::ebpf::nat
