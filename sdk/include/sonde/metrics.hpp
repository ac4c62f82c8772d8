// SPDX-License-Identifier: Apache-2.0
// Meters over cells that the host owns. Cheap to copy; all members are thread-safe, lock-free and allocate nothing.
// Default-constructed they count into nothing. `host` makes them.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sonde {

// Only grows.
class counter {
public:
    counter() = default;
    explicit counter(std::uint64_t* cell) noexcept : cell_(cell) {}
    void add(std::uint64_t amount = 1) const noexcept {
        if (cell_ != nullptr) {
            std::atomic_ref(*cell_).fetch_add(amount, std::memory_order_relaxed);
        }
    }

private:
    std::uint64_t* cell_ = nullptr;
};

// Goes up and down.
class gauge {
public:
    gauge() = default;
    explicit gauge(std::uint64_t* cell) noexcept : cell_(cell) {}
    void set(std::int64_t value) const noexcept {
        if (cell_ != nullptr) {
            std::atomic_ref(*cell_).store(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
        }
    }

private:
    std::uint64_t* cell_ = nullptr;
};

// How values are spread: counts by upper bounds, and their sum.
class histogram {
public:
    histogram() = default;
    // `cells`: one for each of `bounds`, one for what is above all, one for the sum.
    histogram(std::uint64_t* cells, std::span<const std::uint64_t> bounds) noexcept : cells_(cells), bounds_(bounds) {}
    void record(std::uint64_t value) const noexcept {
        if (cells_ == nullptr) {
            return;
        }
        const auto above = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
        add(static_cast<std::size_t>(above), 1);
        add(bounds_.size() + 1, value);
    }

private:
    void add(std::size_t at, std::uint64_t amount) const noexcept {
        std::atomic_ref(cells_[at]).fetch_add(amount, std::memory_order_relaxed);
    }

    std::uint64_t* cells_ = nullptr;
    std::span<const std::uint64_t> bounds_;
};

}  // namespace sonde
