// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/log_capture.hpp"

#include <cstdarg>
#include <cstdio>
#include <exception>

#include <dlfcn.h>

#include <bpf/libbpf.h>

namespace sonde::bpf {
namespace {

// Verifier logs end with what matters; of a longer text the begin is dropped, so that one bad load cannot take all
// memory.
constexpr std::size_t most_kept = 1u << 20;

thread_local log_capture* active = nullptr;

// Print function of the module that was there before. Written before ours is put in, so that no print misses it.
libbpf_print_fn_t earlier = nullptr;

int print(libbpf_print_level level, const char* format, va_list arguments) {
    if (level != LIBBPF_WARN) {
        return 0;
    }
    if (active == nullptr) {
        return earlier == nullptr ? 0 : earlier(level, format, arguments);
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

// libbpf's own function, which writes to standard error, would speak for everybody who does not listen.
bool is_of_libbpf(libbpf_print_fn_t function) noexcept {
    Dl_info its{};
    Dl_info libbpf{};
    return ::dladdr(reinterpret_cast<const void*>(function), &its) != 0 &&
           ::dladdr(reinterpret_cast<const void*>(&libbpf_set_print), &libbpf) != 0 &&
           its.dli_fbase == libbpf.dli_fbase;
}

// Modules do this at the same time on their threads. The lock of standard error is one that all of them have.
bool put_in() noexcept {
    ::flockfile(stderr);
    const libbpf_print_fn_t present = libbpf_set_print(nullptr);
    earlier = is_of_libbpf(present) ? nullptr : present;
    libbpf_set_print(&print);
    ::funlockfile(stderr);
    return true;
}

[[gnu::destructor]] void take_out() {
    const libbpf_print_fn_t present = libbpf_set_print(nullptr);
    libbpf_set_print(present == &print ? earlier : present);
}

}  // namespace

log_capture::log_capture() noexcept : outer_(active) {
    [[maybe_unused]] static const bool once = put_in();
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
