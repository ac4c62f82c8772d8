// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/log_capture.hpp"

#include <cstdarg>
#include <cstdio>
#include <exception>

#include <bpf/libbpf.h>

namespace sonde::bpf {
namespace {

// Verifier logs end with what matters; of a longer text the begin is dropped, so that one bad load cannot take all
// memory.
constexpr std::size_t most_kept = 1u << 20;

thread_local log_capture* active = nullptr;

int print(libbpf_print_level level, const char* format, va_list arguments) {
    if (active == nullptr || level != LIBBPF_WARN) {
        return 0;
    }
    va_list again;
    va_copy(again, arguments);
    const int size = std::vsnprintf(nullptr, 0, format, again);
    va_end(again);
    if (size <= 0) {
        return 0;
    }
    try {
        std::string line(static_cast<std::size_t>(size) + 1, '\0');
        std::vsnprintf(line.data(), line.size(), format, arguments);
        line.pop_back();
        active->append(line);
    } catch (const std::exception&) {
        return 0;  // out of memory: a line of the log less
    }
    return size;
}

[[gnu::destructor]] void take_out() {
    const libbpf_print_fn_t present = libbpf_set_print(nullptr);
    if (present != &print) {
        libbpf_set_print(present);
    }
}

}  // namespace

log_capture::log_capture() noexcept : outer_(active) {
    libbpf_set_print(&print);
    active = this;
}

log_capture::~log_capture() { active = outer_; }

void log_capture::append(std::string_view line) {
    text_.append(line);
    if (text_.size() > most_kept) {
        text_.erase(0, text_.size() - most_kept / 2);
    }
}

}  // namespace sonde::bpf
