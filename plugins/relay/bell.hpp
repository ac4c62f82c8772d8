// SPDX-License-Identifier: Apache-2.0
// One thread wakes another that waits on descriptors. Rung twice before it is heard, it is heard once.
#pragma once

#include <sonde/collecting/descriptor.hpp>

namespace sonde::relay {

class bell final {
public:
    // False if no descriptor is left.
    [[nodiscard]] bool hang();
    void ring() const noexcept;
    void silence() const noexcept;
    // Readable while it rings.
    [[nodiscard]] int fd() const noexcept { return event_.number(); }

private:
    collecting::descriptor event_;
};

}  // namespace sonde::relay
