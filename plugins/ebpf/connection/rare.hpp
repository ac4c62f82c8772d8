// SPDX-License-Identifier: Apache-2.0
// An optional value that few have. It lies on the heap: who has none pays for a pointer only. Copies are deep;
// otherwise as std::optional.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace sonde::ebpf::connection {

template <class Value>
class rare final {
public:
    rare() = default;
    rare(std::optional<Value> of)  // NOLINT(*-explicit-*): an optional in other words
        : there_(of ? std::make_unique<Value>(*std::move(of)) : nullptr) {}
    rare(Value of) : there_(std::make_unique<Value>(std::move(of))) {}  // NOLINT(*-explicit-*)
    rare(const rare& other) : there_(other ? std::make_unique<Value>(*other) : nullptr) {}
    rare(rare&&) noexcept = default;
    rare& operator=(const rare& other) {
        if (this != &other) {
            there_ = other ? std::make_unique<Value>(*other) : nullptr;
        }
        return *this;
    }
    rare& operator=(rare&&) noexcept = default;
    ~rare() = default;

    explicit operator bool() const noexcept { return there_ != nullptr; }
    [[nodiscard]] const Value& operator*() const noexcept { return *there_; }
    [[nodiscard]] const Value* operator->() const noexcept { return there_.get(); }
    [[nodiscard]] const Value* get() const noexcept { return there_.get(); }

private:
    std::unique_ptr<Value> there_;
};

}  // namespace sonde::ebpf::connection
