// SPDX-License-Identifier: Apache-2.0
#include "k8s/object_store.hpp"

#include <cstring>
#include <limits>

namespace sonde::k8s {
namespace {

constexpr std::size_t inline_text = 15;                      // libstdc++ keeps this much within a string
constexpr std::size_t allocation = 16;                       // what malloc adds, rounding included, on average
constexpr std::size_t pointers_of_node = 2 * sizeof(void*);  // next, and the cached hash

std::size_t heap_of(const std::string& text) noexcept {
    return text.capacity() > inline_text ? text.capacity() + 1 + allocation : 0;
}

}  // namespace

std::string object_store::key_of(const object_facts& object) {
    std::string key;
    key.reserve(object.in_namespace.size() + 1 + object.name.size());
    key.append(object.in_namespace);
    if (!key.empty()) {
        key.push_back('/');
    }
    return key.append(object.name);
}

object_store::entry* object_store::find(const std::string& key) {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
}

bool object_store::put(const std::string& key, const object_facts& object, std::string_view json) {
    auto found = entries_.find(key);
    if (found == entries_.end()) {
        if (entries_.size() >= limit_) {
            return false;
        }
        found = entries_.try_emplace(key).first;
        variable_bytes_ += heap_of(found->first);
    }
    entry& kept = found->second;
    release(kept);
    kept.uid = uid_key::of(object.uid);
    kept.resource_version = object.resource_version;
    kept.epoch = epoch_;
    pack_into(kept, json);
    variable_bytes_ += heap_of(kept.resource_version);
    return true;
}

void object_store::erase(const std::string& key) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
        release(found->second);
        variable_bytes_ -= heap_of(found->first);
        entries_.erase(found);
    }
}

bool object_store::recall(const entry& from, std::string& out) {
    return from.packed != nullptr && packer_.unpack({from.packed.get(), from.packed_size}, from.size, dictionary_, out);
}

std::size_t object_store::bytes() const noexcept {
    return variable_bytes_ + dictionary_.capacity() + entries_.bucket_count() * sizeof(void*) +
           entries_.size() * (sizeof(std::pair<const std::string, entry>) + pointers_of_node + allocation);
}

void object_store::pack_into(entry& to, std::string_view json) {
    if (json.empty() || json.size() > std::numeric_limits<std::uint32_t>::max()) {
        return;
    }
    if (dictionary_.empty()) {
        dictionary_ = json.substr(0, packer::longest_dictionary);
    }
    packer_.pack(json, dictionary_, scratch_);
    to.packed = std::make_unique_for_overwrite<char[]>(scratch_.size());
    std::memcpy(to.packed.get(), scratch_.data(), scratch_.size());
    to.packed_size = static_cast<std::uint32_t>(scratch_.size());
    to.size = static_cast<std::uint32_t>(json.size());
    variable_bytes_ += to.packed_size + allocation;
}

void object_store::release(entry& from) noexcept {
    variable_bytes_ -= heap_of(from.resource_version);
    if (from.packed != nullptr) {
        variable_bytes_ -= from.packed_size + allocation;
    }
    from.packed.reset();
    from.packed_size = from.size = 0;
}

}  // namespace sonde::k8s
