// SPDX-License-Identifier: Apache-2.0
#include "enrich_context/decode/signal.hpp"

#include <csignal>
#include <cstring>

namespace sonde::enrich_context::decode {

void add_signal(text_buffer<512>& out, std::uint64_t number) noexcept {
    const char* const name = number < NSIG ? ::sigabbrev_np(static_cast<int>(number)) : nullptr;
    out.add("signal ").add(number).add(" (SIG").add(name == nullptr ? "?" : name).add(")");
}

}  // namespace sonde::enrich_context::decode
