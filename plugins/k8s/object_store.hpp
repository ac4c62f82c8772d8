// SPDX-License-Identifier: Apache-2.0
// What is remembered of each object of a kind: enough to tell a change from a repetition, to tell of a deletion that
// nobody saw, and to tell everything again. Objects lie packed; the number of objects is bounded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "k8s/object_facts.hpp"
#include "k8s/packer.hpp"
#include "k8s/uid.hpp"

namespace sonde::k8s {

class object_store {
public:
    struct entry {
        uid_key uid;
        std::uint32_t epoch = 0;  // of the last list that had it
        std::uint32_t size = 0;   // unpacked
        std::uint32_t packed_size = 0;
        std::unique_ptr<char[]> packed;
        std::string resource_version;
    };

    // `limit`: objects beyond it are not remembered.
    explicit object_store(std::size_t limit) : limit_(limit) {}

    // "namespace/name", or the name alone.
    [[nodiscard]] static std::string key_of(const object_facts& object);

    [[nodiscard]] entry* find(const std::string& key);
    // Remembers the object with `json`, which may be empty. False if the store is full.
    [[nodiscard]] bool put(const std::string& key, const object_facts& object, std::string_view json);
    void erase(const std::string& key);
    // The JSON of an entry, appended to `out`; false if none was kept.
    [[nodiscard]] bool recall(const entry& from, std::string& out);

    [[nodiscard]] std::uint32_t epoch() const noexcept { return epoch_; }
    void next_epoch() noexcept { ++epoch_; }

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    // Bytes of memory, estimated from the sizes of the parts.
    [[nodiscard]] std::size_t bytes() const noexcept;
    [[nodiscard]] const std::unordered_map<std::string, entry>& entries() const noexcept { return entries_; }

private:
    void pack_into(entry& to, std::string_view json);
    void release(entry& from) noexcept;

    std::size_t limit_;
    std::unordered_map<std::string, entry> entries_;
    std::uint32_t epoch_ = 0;
    packer packer_;
    std::string dictionary_;  // the first object
    std::string scratch_;
    std::size_t variable_bytes_ = 0;
};

}  // namespace sonde::k8s
