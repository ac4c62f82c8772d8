// SPDX-License-Identifier: Apache-2.0
#include "bus/batch_header.hpp"

#include <fmt/format.h>

namespace sonde::bus {

result<const sonde_batch_header*> read_header(std::span<const std::uint8_t> message) {
    if (message.size() < SONDE_BATCH_HEADER_SIZE) {
        return fail(errc::invalid, fmt::format("a batch of {} bytes is shorter than its header", message.size()));
    }
    if (reinterpret_cast<std::uintptr_t>(message.data()) % alignof(sonde_batch_header) != 0) {
        return fail(errc::invalid, "a batch is not aligned to 8 bytes");
    }
    const auto* header = reinterpret_cast<const sonde_batch_header*>(message.data());
    if (header->magic != SONDE_BATCH_MAGIC) {
        return fail(errc::invalid, fmt::format("batch magic {:#x} is not {:#x}", header->magic, SONDE_BATCH_MAGIC));
    }
    if (header->header_size < SONDE_BATCH_HEADER_SIZE || header->header_size > message.size()) {
        return fail(errc::invalid, fmt::format("batch header size {} is out of range", header->header_size));
    }
    if (header->body_size != message.size() - header->header_size) {
        return fail(errc::invalid, fmt::format("batch body size {} does not match the message's {}", header->body_size,
                                               message.size() - header->header_size));
    }
    if (header->item_count == 0) {
        return fail(errc::invalid, "a batch without items");
    }
    // Every item takes at least a tag and a length.
    if (header->item_count > header->body_size / 2) {
        return fail(errc::invalid, fmt::format("{} items do not fit {} bytes", header->item_count, header->body_size));
    }
    return header;
}

}  // namespace sonde::bus
