// SPDX-License-Identifier: Apache-2.0
// Reads a BPF ring buffer in place, by its documented layout (Documentation/bpf/ringbuf.rst): a page with the
// consumer's position, one with the producer's, and the data. The kernel offers the data twice in a row, so that no
// record is cut; it is mapped once, for each mapped page counts as resident, and the record that lies across the end is
// put together. One reader.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <sonde/bpf/descriptor.hpp>
#include <sonde/result.hpp>

namespace sonde::bpf {

class ring_reader final {
public:
    // Of the map `fd`, which stays the caller's.
    [[nodiscard]] static result<ring_reader> open(int map_fd);
    ring_reader(ring_reader&& other) noexcept;
    ring_reader& operator=(ring_reader&& other) noexcept;
    ~ring_reader();

    // Readable after a wake-up that the kernel side forced, until `acknowledge`; not merely because data waits, so that
    // a busy ring does not turn the caller's timer into a busy loop.
    [[nodiscard]] int fd() const noexcept { return edge_.number(); }
    void acknowledge() noexcept;

    // Hands at most `most` records to `visit(std::span<const std::byte>)`, each valid during its call; how many it
    // were.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t most) {
        std::uint64_t at = position(consumer_).load(std::memory_order_relaxed);
        std::size_t count = 0;
        while (count < most && at < position(producer_).load(std::memory_order_acquire)) {
            std::byte* const record = data_ + (at & (size_ - 1));
            const std::uint32_t header =
                std::atomic_ref(*reinterpret_cast<std::uint32_t*>(record)).load(std::memory_order_acquire);
            if ((header & busy) != 0) {
                break;
            }
            const std::uint32_t size = header & ~(busy | discarded);
            if ((header & discarded) == 0) {
                visit(whole((at & (size_ - 1)) + header_size, size));
                ++count;
            }
            at += (size + header_size + 7) / 8 * 8;
            position(consumer_).store(at, std::memory_order_release);
        }
        return count;
    }

    // Bytes that wait, and that fit.
    [[nodiscard]] std::uint64_t pending() const noexcept;
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

private:
    static constexpr std::uint32_t busy = 1u << 31;
    static constexpr std::uint32_t discarded = 1u << 30;
    static constexpr std::uint32_t header_size = 8;

    ring_reader() = default;
    static std::atomic_ref<std::uint64_t> position(std::byte* page) noexcept {
        return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(page));
    }
    // `size` bytes from offset `from` of the data.
    [[nodiscard]] std::span<const std::byte> whole(std::uint64_t from, std::uint32_t size);
    void swap(ring_reader& other) noexcept;

    std::byte* consumer_ = nullptr;  // page, writable
    std::byte* producer_ = nullptr;  // page, then the data; read-only
    std::byte* data_ = nullptr;
    std::uint64_t size_ = 0;
    std::vector<std::byte> across_;  // the record across the end
    descriptor edge_;
};

}  // namespace sonde::bpf
