// SPDX-License-Identifier: Apache-2.0
// Any bytes as a batch: the header is refused or its sizes hold, and the walk over the body never leaves it.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <sonde/batch.hpp>

#include "bus/batch_header.hpp"

namespace {

void walk(std::span<const std::uint8_t> message, int depth) {
    sonde::wire::reader in(message);
    while (const auto field = in.next()) {
        const auto* begin = field->bytes.data();
        const bool inside = field->bytes.empty() ||
                            (begin >= message.data() && begin + field->bytes.size() <= message.data() + message.size());
        if (!inside) {
            std::abort();
        }
        if (depth > 0 && field->type == SONDE_WIRE_BYTES) {
            walk(field->bytes, depth - 1);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::vector<std::uint64_t> aligned((size + 7) / 8 + 1);
    if (size != 0) {
        std::memcpy(aligned.data(), data, size);
    }
    const std::span<const std::uint8_t> message(reinterpret_cast<const std::uint8_t*>(aligned.data()), size);
    const auto header = sonde::bus::read_header(message);
    if (!header) {
        walk(message, 3);
        return 0;
    }
    sonde_batch batch{};
    batch.struct_size = sizeof batch;
    batch.item_count = (*header)->item_count;
    batch.header = *header;
    batch.body = message.data() + (*header)->header_size;
    batch.body_size = (*header)->body_size;
    std::uint64_t next = (*header)->first_item;
    static_cast<void>(
        sonde::batch_view(batch).for_each([&](std::span<const std::uint8_t> envelope, std::uint64_t item) {
            if (item != next++) {
                std::abort();
            }
            walk(envelope, 3);
        }));
    return 0;
}
