// SPDX-License-Identifier: Apache-2.0
// An array map of the kernel side that was made with BPF_F_MMAPABLE, as memory. Movable; the map stays the caller's.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include <sonde/result.hpp>

namespace sonde::bpf {

class mapped_array final {
public:
    [[nodiscard]] static result<mapped_array> open(int map_fd);
    mapped_array(mapped_array&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    mapped_array& operator=(mapped_array&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~mapped_array();

    // The values in order of their keys. The kernel rounds their size up to 8 bytes: T must have such a size.
    template <class T>
    [[nodiscard]] std::span<T> values() const noexcept {
        static_assert(sizeof(T) % 8 == 0);
        return {reinterpret_cast<T*>(bytes_.data()), bytes_.size() / sizeof(T)};
    }

private:
    explicit mapped_array(std::span<std::byte> bytes) noexcept : bytes_(bytes) {}

    std::span<std::byte> bytes_;
};

}  // namespace sonde::bpf
