// SPDX-License-Identifier: Apache-2.0
#include "relay/bell.hpp"

#include <cstdint>

#include <sys/eventfd.h>

namespace sonde::relay {

bool bell::hang() {
    event_ = collecting::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    return static_cast<bool>(event_);
}

void bell::ring() const noexcept {
    const std::uint64_t one = 1;
    static_cast<void>(::write(event_.number(), &one, sizeof one) == sizeof one);
}

void bell::silence() const noexcept {
    std::uint64_t ignored = 0;
    static_cast<void>(::read(event_.number(), &ignored, sizeof ignored) == sizeof ignored);
}

}  // namespace sonde::relay
