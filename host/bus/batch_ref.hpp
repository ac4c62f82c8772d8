// SPDX-License-Identifier: Apache-2.0
// A received batch. Shared ownership by count, so that a plugin may keep it beyond consume.
#pragma once

#include <utility>

#include <sonde/abi/batch.h>

namespace sonde::bus {

class received;

class batch_ref {
public:
    batch_ref() = default;
    explicit batch_ref(received* owned) noexcept : owned_(owned) {}
    batch_ref(batch_ref&& other) noexcept : owned_(std::exchange(other.owned_, nullptr)) {}
    batch_ref& operator=(batch_ref&& other) noexcept;
    ~batch_ref();

    [[nodiscard]] const sonde_batch& view() const noexcept;

    // For sonde.host.batch/1: the count behind a view.
    static void retain(const sonde_batch& batch) noexcept;
    static void release(const sonde_batch& batch) noexcept;

private:
    friend class subscription_core;
    received* owned_ = nullptr;
};

}  // namespace sonde::bus
