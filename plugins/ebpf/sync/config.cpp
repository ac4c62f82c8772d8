// SPDX-License-Identifier: Apache-2.0
#include "ebpf/sync/config.hpp"

#include <algorithm>
#include <cstring>

namespace sonde::ebpf::sync {

result<sonde_sync_config> make_config(std::span<const std::string> names) {
    if (names.size() > SONDE_SYNC_NAMES) {
        return fail(errc::invalid,
                    "at most " + std::to_string(SONDE_SYNC_NAMES) + " names of processes can be compared with");
    }
    sonde_sync_config made{};
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].empty() || names[i].find('/') != std::string::npos) {
            return fail(errc::invalid, "a name is wanted as `ps -o comm` shows it, such as etcd", names[i]);
        }
        const std::size_t size = std::min<std::size_t>(names[i].size(), SONDE_SYNC_NAME_SIZE - 1);
        std::memcpy(made.names[i].words, names[i].data(), size);
        std::memset(made.names[i].masks, 0xff, size + 1);  // its NUL, too
    }
    return made;
}

}  // namespace sonde::ebpf::sync
