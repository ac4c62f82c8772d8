// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/map_usage.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace sonde::bpf {
namespace {

constexpr std::uint32_t first_room = 512;
constexpr std::uint32_t most_room = 1u << 20;

}  // namespace

std::uint64_t memory_of(std::string_view fdinfo) noexcept {
    constexpr std::string_view key = "memlock:\t";
    const std::size_t at = fdinfo.find(key);
    std::uint64_t bytes = 0;
    if (at != std::string_view::npos) {
        const std::string_view digits = fdinfo.substr(at + key.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
    }
    return bytes;
}

std::optional<map_usage> usage_of_map(std::string name, int fd) {
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (fd < 0 || ::bpf_obj_get_info_by_fd(fd, &info, &size) != 0) {
        return std::nullopt;
    }
    const auto type = static_cast<bpf_map_type>(info.type);
    const char* const kind = ::libbpf_bpf_map_type_str(type);
    map_usage made;
    made.map = std::move(name);
    made.kind = kind != nullptr ? kind : std::to_string(info.type);
    made.capacity = info.max_entries;
    made.fd = fd;
    made.key_size = info.key_size;
    made.value_size = info.value_size;
    made.is_countable = type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH;
    std::ifstream file("/proc/self/fdinfo/" + std::to_string(fd));
    std::ostringstream text;
    text << file.rdbuf();
    made.memory = memory_of(text.view());
    // From Linux 5.11 to 6.3 it is reckoned from the sizes of key and value, of which a ring has none.
    if (made.memory == 0 && type == BPF_MAP_TYPE_RINGBUF) {
        made.memory = made.capacity;
    }
    return made;
}

entry_count::entry_count(const map_usage& of)
    : fd_(of.fd), key_size_(of.key_size), value_size_(of.value_size), room_(first_room) {}

result<std::optional<std::uint64_t>> entry_count::go_on(std::uint32_t most) {
    std::uint32_t looked_at = 0;
    while (looked_at < most) {
        keys_.resize(room_ * key_size_);
        values_.resize(room_ * value_size_);
        std::uint32_t count = room_;
        const int failed = ::bpf_map_lookup_batch(fd_, has_position_ ? &position_ : nullptr, &position_, keys_.data(),
                                                  values_.data(), &count, nullptr);
        const int why = failed == 0 ? 0 : errno;
        // A bucket that holds more than there is room for: nothing was given, the same position with more room.
        if (why == ENOSPC && room_ < most_room) {
            room_ *= 2;
            continue;
        }
        if (why != 0 && why != ENOENT) {
            return fail(errc::failed, std::string("counting the entries of a map: ") + ::strerrordesc_np(why));
        }
        counted_ += count;
        looked_at += count + 1;  // empty pieces bound the loop too
        has_position_ = true;
        if (why == ENOENT) {
            return std::optional(counted_);
        }
    }
    return std::nullopt;
}

}  // namespace sonde::bpf
