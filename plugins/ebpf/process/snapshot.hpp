// SPDX-License-Identifier: Apache-2.0
// Reads a task iterator to its end and hands out its records whole, however the kernel cuts them into reads.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <sonde/result.hpp>
#include <sonde_bpf/event.h>

namespace sonde::ebpf::process {

class record_stream final {
public:
    // The kernel hands out up to 32 KiB at once; more room saves nothing.
    static constexpr std::size_t room = 64u << 10;

    record_stream() : buffer_(room / sizeof(std::uint64_t)) {}

    // `visit(std::span<const std::byte>)` gets each record, aligned to 8 bytes only if all before it were.
    template <class Visit>
    [[nodiscard]] result<std::size_t> read(int fd, Visit&& visit) {
        std::size_t count = 0;
        filled_ = 0;
        for (;;) {
            const ssize_t got = ::read(fd, bytes() + filled_, room - filled_);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
                continue;  // the kernel lets others run after a million tasks (kernel/bpf/bpf_iter.c)
            }
            if (got < 0) {
                return fail(errc::failed, std::string("reading the task iterator: ") + ::strerrordesc_np(errno));
            }
            if (got == 0) {
                return count;
            }
            filled_ += static_cast<std::size_t>(got);
            count += hand_out(visit);
        }
    }

private:
    std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(buffer_.data()); }

    template <class Visit>
    std::size_t hand_out(Visit&& visit) {
        std::size_t count = 0;
        std::size_t at = 0;
        sonde_event head{};
        while (filled_ - at >= sizeof head) {
            std::memcpy(&head, bytes() + at, sizeof head);
            if (head.size < sizeof head || head.size > filled_ - at) {
                break;
            }
            aligned_.resize((head.size + 7) / 8);
            std::memcpy(aligned_.data(), bytes() + at, head.size);
            visit(std::span(reinterpret_cast<const std::byte*>(aligned_.data()), head.size));
            at += head.size;
            ++count;
        }
        std::memmove(bytes(), bytes() + at, filled_ - at);
        filled_ -= at;
        return count;
    }

    std::vector<std::uint64_t> buffer_;
    std::vector<std::uint64_t> aligned_;
    std::size_t filled_ = 0;
};

}  // namespace sonde::ebpf::process
