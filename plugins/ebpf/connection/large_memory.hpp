// SPDX-License-Identifier: Apache-2.0
// Memory that a host with many connections needs for a moment, and one with few keeps from poll to poll. Much of it is
// asked of the kernel, not of the heap: what is given back leaves the process, however the heap is cut up by then.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

#include <sys/mman.h>

namespace sonde::ebpf::connection {

// Up to here, not to allocate again is worth more than what is given back: a look at some hundred closes stays below,
// and a dozen of such vectors are kept.
inline constexpr std::size_t most_kept_bytes = 64 * 1024;

template <class Value>
struct large_allocator {
    using value_type = Value;
    large_allocator() = default;
    template <class Other>
    large_allocator(const large_allocator<Other>&) noexcept {}  // NOLINT(*-explicit-*): what containers ask for

    [[nodiscard]] Value* allocate(std::size_t count) {
        if (count > static_cast<std::size_t>(-1) / value_size) {
            throw std::bad_array_new_length();
        }
        const std::size_t size = count * value_size;
        if (size <= most_kept_bytes) {
            return static_cast<Value*>(::operator new(size));
        }
        void* const made = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (made == MAP_FAILED) {
            throw std::bad_alloc();
        }
        return static_cast<Value*>(made);
    }
    void deallocate(Value* gone, std::size_t count) noexcept {
        const std::size_t size = count * value_size;
        if (size <= most_kept_bytes) {
            ::operator delete(static_cast<void*>(gone));
        } else {
            ::munmap(static_cast<void*>(gone), size);
        }
    }
    bool operator==(const large_allocator&) const = default;

    static constexpr std::size_t value_size = sizeof(Value);  // NOLINT(*-sizeof-expression): a pointer is meant
};

template <class Value>
using large_vector = std::vector<Value, large_allocator<Value>>;

// Empties `of`; its memory stays if it is little.
template <class Value>
void release_large(large_vector<Value>& of) {
    of.clear();
    if (of.capacity() * large_allocator<Value>::value_size > most_kept_bytes) {
        of.shrink_to_fit();
    }
}

}  // namespace sonde::ebpf::connection
